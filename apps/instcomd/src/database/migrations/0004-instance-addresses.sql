-- Where machines reach each instance: written into new systems, so that their first-boot report finds whoever is left.
ALTER TABLE instances ADD COLUMN machine_urls text[] NOT NULL DEFAULT '{}';
