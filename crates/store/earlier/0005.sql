-- b38dfb096a17582dfc7ad9496c686d8b73ade7cd6817cd377af096fa4d32e17aeca84803e34a7e5b242a695b0f25c1fb
UPDATE video SET arriving = 'waits:2' WHERE id = 'UUUUUUUUUUU';
