COMMENT ON COLUMN company_name.kind IS 'stated, a kind of alias, or earlier: borne by replaced versions alone [stated | alias | former | trade | original script | weak alias | earlier]';
