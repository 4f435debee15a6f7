"""What the end-to-end tests share: running marsh, servers of their own, proxies, impostors."""
