"""Work that is asked for in one place and done in another: the database says what there is to do."""
