-- The name that the new system gives itself: the machine's, once the installation is completed. Null for older installations.
ALTER TABLE installations ADD COLUMN hostname text;
