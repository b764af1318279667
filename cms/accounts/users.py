from wagtail.users.apps import WagtailUsersAppConfig


class UsersConfig(WagtailUsersAppConfig):
    """Wagtail's accounts, with names as `cms.accounts.names` has them."""

    user_viewset = "cms.accounts.names.Accounts"
