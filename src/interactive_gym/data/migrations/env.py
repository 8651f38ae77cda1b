"""Run by Alembic. The connection is the caller's, and so is its transaction: an upgrade happens whole or not at all."""

from alembic import context

from interactive_gym.data.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
