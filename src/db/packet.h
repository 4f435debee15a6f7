// A row of the text protocol as it lies in its packet. Source: "COM_QUERY response", of MariaDB's
// client/server protocol: for each column a length-encoded string, or the byte 0xfb for NULL.
#ifndef MARSH_DB_PACKET_H
#define MARSH_DB_PACKET_H

#include <stdbool.h>
#include <stddef.h>

enum { PACKET_HEADER = 4 }; // three bytes of length, the least first, and the number in its order

// How many bytes follow a header.
size_t packet_length(const unsigned char *header);

// Whether a packet that comes while rows are awaited is a row: else it ends them, or tells of an
// error or of progress. Takes at least one byte.
bool packet_is_row(const unsigned char *payload, size_t len);

// Finds the cells of a row; they are in the packet, without a NUL behind them. A NULL cell is SQL
// NULL. False where the packet does not hold just that; what is in the arrays then means nothing.
bool packet_read_row(const unsigned char *payload, size_t len, size_t count, const char **cells,
                     unsigned long *lengths);

#endif
