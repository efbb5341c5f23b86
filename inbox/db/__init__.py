"""Database: base types, engine, unit of work, migrations."""
