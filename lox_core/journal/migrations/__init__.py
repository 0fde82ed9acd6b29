"""The steps that brought the journal's schema to where it stands, run by Alembic."""
