"""The site: from archived records to what is served, and how it is kept in order."""

from nearpass.publish.editions import publish_editions
from nearpass.publish.rebuild import rebuild
from nearpass.publish.site import publish, unpublished
from nearpass.publish.workspace import Workspace, editions_of, prepare

__all__ = ["Workspace", "editions_of", "prepare", "publish", "publish_editions", "rebuild", "unpublished"]
