"""Tables that keep no order: made without the row numbers in which SQLite counts what comes in (`rowid`).

Such a table is a tree over its primary key. A later migration that alters one makes Django copy it into a table with
row numbers, so it must restore this; `tests/privacy` looks.
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState


class CreateTable(migrations.CreateModel):
    """Creates a model's table, on SQLite `WITHOUT ROWID`, elsewhere as Django does."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Create the table."""
        model = to_state.apps.get_model(app_label, self.name)
        if schema_editor.connection.vendor != "sqlite":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        elif self.allow_migrate_model(schema_editor.connection.alias, model):
            statement, values = schema_editor.table_sql(model)
            schema_editor.execute(f"{statement} WITHOUT ROWID", values or None)
