-- marsh's demo: the Heron's Nest, a small shop for people who watch birds in the marshes.
-- Loads into schema `shop`, any number of times: what was there before is dropped.
--     marsh scratch demo        or        mariadb < data/demo.sql
SET NAMES utf8mb4;
DROP DATABASE IF EXISTS shop;
CREATE DATABASE shop CHARACTER SET utf8mb4;
USE shop;

CREATE TABLE customers (
    id      INT PRIMARY KEY AUTO_INCREMENT,
    name    VARCHAR(60) NOT NULL,
    email   VARCHAR(80) UNIQUE,
    city    VARCHAR(40),
    birth   DATE,
    token   BINARY(8),
    since   DATETIME    NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE products (
    id         INT PRIMARY KEY AUTO_INCREMENT,
    sku        CHAR(6)        NOT NULL UNIQUE,
    name       VARCHAR(60)    NOT NULL,
    price      DECIMAL(10,2)  NOT NULL CHECK (price >= 0),
    stock      INT            NOT NULL DEFAULT 0,
    attributes JSON,
    picture    BLOB
);

CREATE TABLE orders (
    id          INT PRIMARY KEY AUTO_INCREMENT,
    customer_id INT      NOT NULL,
    status      ENUM('new', 'paid', 'shipped', 'cancelled') NOT NULL DEFAULT 'new',
    placed_at   DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    closed_at   DATETIME,
    note        TEXT,
    KEY orders_placed (placed_at),
    CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers (id)
);

CREATE TABLE order_items (
    order_id   INT           NOT NULL,
    product_id INT           NOT NULL,
    quantity   INT           NOT NULL CHECK (quantity > 0),
    price      DECIMAL(10,2) NOT NULL,
    amount     DECIMAL(10,2) AS (quantity * price) STORED,
    PRIMARY KEY (order_id, product_id),
    CONSTRAINT items_order FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE,
    CONSTRAINT items_product FOREIGN KEY (product_id) REFERENCES products (id)
);

-- Who took what from the shelf, or put it back; written by the triggers alone.
CREATE TABLE stock_moves (
    id         BIGINT UNSIGNED PRIMARY KEY AUTO_INCREMENT,
    product_id INT         NOT NULL,
    order_id   INT,
    change_by  INT         NOT NULL,
    reason     VARCHAR(20) NOT NULL,
    moved_at   DATETIME    NOT NULL,
    CONSTRAINT moves_product FOREIGN KEY (product_id) REFERENCES products (id)
);

CREATE VIEW order_totals AS
SELECT o.id, o.customer_id, c.name AS customer, o.placed_at, o.status,
       COUNT(i.product_id) AS items, COALESCE(SUM(i.amount), 0.00) AS total
FROM orders o
JOIN customers c ON c.id = o.customer_id
LEFT JOIN order_items i ON i.order_id = o.id
GROUP BY o.id, o.customer_id, c.name, o.placed_at, o.status;

CREATE VIEW low_stock AS
SELECT id, sku, name, stock FROM products WHERE stock < 5;

DELIMITER $$

CREATE TRIGGER products_stay_counted BEFORE UPDATE ON products FOR EACH ROW
BEGIN
    DECLARE words VARCHAR(128);
    IF NEW.stock < 0 THEN
        SET words = CONCAT('the stock of ', OLD.sku, ' would fall to ', NEW.stock);
        SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 30001, MESSAGE_TEXT = words;
    END IF;
END$$

CREATE TRIGGER items_leave_stock AFTER INSERT ON order_items FOR EACH ROW
BEGIN
    UPDATE products SET stock = stock - NEW.quantity WHERE id = NEW.product_id;
    INSERT INTO stock_moves (product_id, order_id, change_by, reason, moved_at)
    SELECT NEW.product_id, NEW.order_id, -NEW.quantity, 'sold', placed_at
    FROM orders WHERE id = NEW.order_id;
END$$

CREATE TRIGGER cancelled_items_return AFTER UPDATE ON orders FOR EACH ROW
BEGIN
    IF NEW.status = 'cancelled' AND OLD.status <> 'cancelled' THEN
        UPDATE products p JOIN order_items i ON i.product_id = p.id
        SET p.stock = p.stock + i.quantity
        WHERE i.order_id = NEW.id;
        INSERT INTO stock_moves (product_id, order_id, change_by, reason, moved_at)
        SELECT product_id, NEW.id, quantity, 'returned', COALESCE(NEW.closed_at, NOW())
        FROM order_items WHERE order_id = NEW.id;
    END IF;
END$$

CREATE FUNCTION order_value(p_order INT) RETURNS DECIMAL(10,2)
READS SQL DATA
COMMENT 'What the items of an order cost together; NULL if there is no such order'
RETURN (SELECT t.total FROM order_totals t WHERE t.id = p_order)$$

CREATE PROCEDURE order_total(IN p_order INT, OUT total DECIMAL(10,2))
READS SQL DATA
COMMENT 'The total of an order; NULL if there is no such order'
SET total = order_value(p_order)$$

CREATE PROCEDURE discount(INOUT price DECIMAL(10,2), IN percent DECIMAL(5,2))
NO SQL
COMMENT 'Takes a percentage off a price'
BEGIN
    IF percent < 0 OR percent > 100 THEN
        SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 30002,
            MESSAGE_TEXT = 'a discount is between 0 and 100 percent';
    END IF;
    SET price = ROUND(price * (100 - percent) / 100, 2);
END$$

-- One transaction: an order with its item, or nothing. Columns are written with their table's
-- name, because inside a routine a bare name means the parameter.
CREATE PROCEDURE add_order(IN customer INT, IN product INT, IN qty INT,
                           OUT order_id INT, OUT total DECIMAL(10,2))
MODIFIES SQL DATA
COMMENT 'Orders qty pieces of a product; fails and changes nothing if they are not in stock'
BEGIN
    DECLARE left_over INT;
    DECLARE unit_price DECIMAL(10,2);
    DECLARE words VARCHAR(128);
    DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;

    START TRANSACTION;
    IF NOT EXISTS (SELECT 1 FROM customers c WHERE c.id = customer) THEN
        SET words = CONCAT('there is no customer ', COALESCE(customer, 'NULL'));
        SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 30003, MESSAGE_TEXT = words;
    END IF;
    IF COALESCE(qty, 0) < 1 THEN
        SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 30004,
            MESSAGE_TEXT = 'an order is for one piece at least';
    END IF;
    SELECT p.stock, p.price INTO left_over, unit_price
    FROM products p WHERE p.id = product FOR UPDATE;
    IF left_over IS NULL THEN
        SET words = CONCAT('there is no product ', COALESCE(product, 'NULL'));
        SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 30005, MESSAGE_TEXT = words;
    ELSEIF left_over < qty THEN
        SET words = CONCAT('not enough stock of product ', product, ': ',
                           qty, ' wanted, ', left_over, ' left');
        SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 30006, MESSAGE_TEXT = words;
    END IF;
    INSERT INTO orders (customer_id) VALUES (customer);
    SET order_id = LAST_INSERT_ID();
    INSERT INTO order_items (order_id, product_id, quantity, price)
    VALUES (order_id, product, qty, unit_price);
    SET total = order_value(order_id);
    COMMIT;
END$$

CREATE PROCEDURE cancel_order(IN p_order INT, OUT was VARCHAR(20))
MODIFIES SQL DATA
COMMENT 'Cancels an order and puts its items back in stock; was: its status before'
BEGIN
    DECLARE words VARCHAR(128);
    DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;

    START TRANSACTION;
    SELECT o.status INTO was FROM orders o WHERE o.id = p_order FOR UPDATE;
    IF was IS NULL OR was = 'shipped' THEN
        SET words = IF(was IS NULL, CONCAT('there is no order ', COALESCE(p_order, 'NULL')),
                       CONCAT('order ', p_order, ' is on its way already'));
        SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 30007, MESSAGE_TEXT = words;
    END IF;
    UPDATE orders SET status = 'cancelled', closed_at = NOW()
    WHERE id = p_order AND status <> 'cancelled';
    COMMIT;
END$$

CREATE PROCEDURE customer_report(IN customer INT, OUT orders INT, OUT spent DECIMAL(12,2))
READS SQL DATA
COMMENT 'A customer''s orders, then what they bought; cancelled orders count for nothing'
BEGIN
    SELECT t.id, t.placed_at, t.status, t.items, t.total
    FROM order_totals t WHERE t.customer_id = customer ORDER BY t.id;

    SELECT p.sku, p.name, SUM(i.quantity) AS pieces, SUM(i.amount) AS amount
    FROM order_items i
    JOIN orders o ON o.id = i.order_id
    JOIN products p ON p.id = i.product_id
    WHERE o.customer_id = customer AND o.status <> 'cancelled'
    GROUP BY p.id, p.sku, p.name ORDER BY p.sku;

    SELECT COUNT(*), COALESCE(SUM(t.total), 0) INTO orders, spent
    FROM order_totals t WHERE t.customer_id = customer AND t.status <> 'cancelled';
END$$

DELIMITER ;

INSERT INTO customers (id, name, email, city, birth, token, since) VALUES
    (1, 'Ada Reed', 'ada@heron.example', 'Norwich', '1984-03-12', x'00112233445566FF', '2024-02-01 09:00:00'),
    (2, 'Søren Sivegård', 'soren@sump.example', 'Ribe', '1979-11-30', NULL, '2024-02-03 17:45:10'),
    (3, '王小鷺', 'wang@marsh.example', '臺南', '1991-07-07', x'0102030405060708', '2024-03-15 08:12:44'),
    (4, 'Zoé Marais', 'zoe@marais.example', 'Arles', NULL, NULL, '2024-04-01 12:00:00'),
    (5, 'Łucja Bagno', NULL, 'Białystok', '1966-01-19', NULL, '2024-05-20 19:30:05'),
    (6, '🦆 Duck & Sons', 'office@duck.example', 'Ely', NULL, x'FFFFFFFFFFFFFFFF', '2024-06-11 10:10:10'),
    (7, '沼田 あおい', 'aoi@numata.example', '釧路', '2000-12-24', NULL, '2024-08-08 08:08:08'),
    (8, 'Fiona O''Fenn', 'fiona@fenn.example', NULL, '1958-05-02', NULL, '2024-09-29 23:59:59'),
    (9, 'Nguyễn Đầm Sen', 'sen@dam.example', 'Huế', '1988-10-10', NULL, '2024-10-31 00:00:00'),
    (10, 'Bog\\Slash Ltd.', 'tab@bog.example', 'Tab\there', NULL, NULL, '2024-12-01 06:30:00'),
    (11, 'Marta Pântano', NULL, 'Aveiro', '1995-08-15', NULL, '2025-01-05 15:20:00'),
    (12, 'ليلى الأهوار', 'layla@ahwar.example', 'البصرة', '1999-02-28', NULL, '2025-01-20 11:11:11');

INSERT INTO products (id, sku, name, price, stock, attributes, picture) VALUES
    (1, 'BIN842', 'Binoculars 8x42', 249.00, 12, '{"zoom": 8, "lens_mm": 42, "waterproof": true}', x'89504E470D0A1A0A0000000D49484452'),
    (2, 'BIN104', 'Binoculars 10x42', 289.50, 7, '{"zoom": 10, "lens_mm": 42, "waterproof": true}', NULL),
    (3, 'SCOPE1', 'Spotting scope', 619.90, 4, '{"zoom": [20, 60], "weight_g": 1480}', NULL),
    (4, 'TRIPOD', 'Carbon tripod', 179.95, 6, '{"weight_g": 990, "legs": 3}', NULL),
    (5, 'WADERS', 'Chest waders', 94.90, 15, '{"sizes": ["S", "M", "L", "XL"]}', NULL),
    (6, 'BOOTSG', 'Rubber boots, green', 39.95, 30, '{"sizes": [38, 40, 42, 44], "colour": "green"}', NULL),
    (7, 'HATOIL', 'Oilskin hat', 27.50, 18, '{"colour": "moss"}', NULL),
    (8, 'GUIDE1', 'Field guide: herons and egrets', 24.95, 40, '{"pages": 312, "isbn": null}', NULL),
    (9, 'GUIDE2', 'Field guide: reeds and sedges', 19.95, 25, '{"pages": 208}', NULL),
    (10, 'GUIDEJ', '野鳥図鑑', 31.00, 9, '{"pages": 420, "language": "日本語"}', NULL),
    (11, 'NOTEBK', 'Waterproof notebook', 8.75, 120, '{"pages": 96, "ruled": false}', NULL),
    (12, 'PENCIL', 'Pencils, dozen', 4.20, 80, NULL, NULL),
    (13, 'FLASK1', 'Flask "Bittern" 0.75 l', 22.40, 16, '{"litres": 0.75}', NULL),
    (14, 'HIDE01', 'Pop-up hide', 139.00, 3, '{"persons": 2, "colour": "reed"}', NULL),
    (15, 'STOOL1', 'Folding stool', 18.30, 22, '{"load_kg": 110}', NULL),
    (16, 'LAMPRD', 'Red head lamp', 16.80, 14, '{"lumens": 60, "colour": "red"}', NULL),
    (17, 'FEEDER', 'Feeder 🐦', 12.60, 33, '{"seeds": true}', NULL),
    (18, 'NESTBX', 'Nest box, alder wood', 29.90, 5, '{"hole_mm": 32}', x'00FF00FF'),
    (19, 'MAPFEN', 'Map of the fens 1:25 000', 9.99, 60, '{"scale": 25000}', NULL),
    (20, 'CALEND', 'Calendar of marsh birds', 14.00, 0, '{"year": 2025}', NULL);

INSERT INTO orders (id, customer_id, status, placed_at, closed_at, note) VALUES
    (1, 1, 'shipped', '2025-01-08 10:15:00', '2025-01-10 08:00:00', NULL),
    (2, 3, 'shipped', '2025-01-09 14:02:31', '2025-01-12 08:00:00', '請小心輕放'),
    (3, 2, 'shipped', '2025-01-21 20:44:05', '2025-01-23 08:00:00', NULL),
    (4, 1, 'shipped', '2025-02-02 07:30:00', '2025-02-04 08:00:00', 'Leave it\nwith the neighbour.'),
    (5, 6, 'shipped', '2025-02-11 11:00:00', '2025-02-13 08:00:00', 'Invoice to the pond 🦆'),
    (6, 4, 'shipped', '2025-02-14 18:20:00', '2025-02-17 08:00:00', NULL),
    (7, 7, 'shipped', '2025-03-03 03:03:03', '2025-03-05 08:00:00', NULL),
    (8, 5, 'paid', '2025-03-10 16:40:00', NULL, ''),
    (9, 8, 'new', '2025-03-17 09:05:00', NULL, NULL),
    (10, 9, 'paid', '2025-03-28 13:13:13', NULL, NULL),
    (11, 1, 'paid', '2025-04-01 12:00:00', NULL, 'It''s a gift.'),
    (12, 11, 'paid', '2025-04-04 21:10:45', NULL, NULL),
    (13, 6, 'new', '2025-04-09 08:55:00', NULL, NULL),
    (14, 12, 'new', '2025-04-15 10:00:00', NULL, NULL),
    (15, 1, 'new', '2025-04-22 17:25:30', NULL, NULL);

INSERT INTO order_items (order_id, product_id, quantity, price) VALUES
    (1, 1, 1, 249.00), (1, 8, 2, 24.95), (1, 11, 3, 8.75), (2, 10, 1, 31.00), (2, 13, 2, 22.40),
    (3, 3, 1, 619.90), (3, 4, 1, 179.95), (4, 5, 1, 94.90), (4, 6, 1, 39.95), (5, 17, 6, 12.60),
    (5, 18, 2, 29.90), (5, 12, 4, 4.20), (6, 2, 1, 279.50), (7, 10, 2, 31.00), (7, 19, 1, 9.99),
    (8, 7, 1, 27.50), (8, 15, 2, 18.30), (9, 14, 1, 139.00), (9, 16, 2, 16.80), (10, 8, 1, 24.95),
    (10, 9, 1, 19.95), (11, 18, 1, 28.41), (12, 5, 2, 94.90), (13, 17, 12, 11.34), (14, 11, 5, 8.75),
    (14, 12, 2, 4.20), (15, 19, 3, 9.99);

-- Its items go back in stock, as `stock_moves` shows.
UPDATE orders SET status = 'cancelled', closed_at = '2025-03-18 07:00:00' WHERE id = 9;
