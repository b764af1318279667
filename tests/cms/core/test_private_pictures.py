"""Pictures of private collections, as Django gives them and as the event loop leaves them to it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.files.images import ImageFile
from django.test import Client
from pictures import draw
from pytest_django import Settings
from wagtail.images.models import Image
from wagtail.models import Collection, CollectionViewRestriction, GroupCollectionPermission

from cms.core.changes.watch import Known
from cms.core.private_pictures import private_pictures
from cms.web.media import Privacy

LOGIN, GROUPS = CollectionViewRestriction.LOGIN, CollectionViewRestriction.GROUPS


@pytest.fixture
def collection(db: None, settings: Settings, tmp_path: Path) -> Collection:
    settings.MEDIA_ROOT = tmp_path / "media"
    collection: Collection = Collection.get_first_root_node().add_child(name="Nội bộ")
    return collection


def add_picture(collection: Collection, tmp_path: Path) -> Image:
    with draw(tmp_path / "anh.png", 40, 30).open("rb") as file:
        image: Image = Image.objects.create(title="Ảnh", file=ImageFile(file, name="anh.png"), collection=collection)
    return image


@pytest.fixture
def image(collection: Collection, tmp_path: Path) -> Image:
    return add_picture(collection, tmp_path)


def status(client: Client, address: str) -> int:
    answer = client.get(address, headers={"host": "localhost"})
    answer.close()
    return answer.status_code


def restrict(collection: Collection, kind: str = LOGIN) -> CollectionViewRestriction:
    restriction: CollectionViewRestriction = CollectionViewRestriction.objects.create(
        collection=collection, restriction_type=kind
    )
    return restriction


@pytest.mark.parametrize("within", [False, True], ids=["itself", "a collection within it"])
def test_a_stranger_gets_neither_the_picture_nor_a_rendition(
    collection: Collection, tmp_path: Path, client: Client, within: bool
) -> None:
    image = add_picture(collection.add_child(name="Trong") if within else collection, tmp_path)
    address = image.get_rendition("width-20").url
    assert status(client, address) == 200

    restrict(collection)

    assert private_pictures() == {image.pk}
    assert status(client, address) == 404
    client.force_login(User.objects.create_user("can-bo"))
    assert status(client, address) == 200


def test_an_original_says_where_it_was_taken_and_is_for_editors_alone(
    collection: Collection, image: Image, client: Client, admin_client: Client
) -> None:
    forgotten = Path(image.file.path).with_name("khong-con-hang.png")
    forgotten.write_bytes(b"a picture whose row is gone")
    addresses = [image.file.url, f"/media/original_images/{forgotten.name}"]

    assert [status(client, address) for address in addresses] == [404, 404]
    client.force_login(User.objects.create_user("can-bo"))
    assert [status(client, address) for address in addresses] == [404, 404]
    assert [status(admin_client, address) for address in addresses] == [200, 404]


def test_an_editor_who_may_use_a_picture_sees_it_and_one_who_may_not_does_not(
    collection: Collection, image: Image, client: Client
) -> None:
    restrict(collection, GROUPS)
    editors = Group.objects.create(name="Biên tập ảnh")
    editors.permissions.add(Permission.objects.get(codename="access_admin"))
    user = User.objects.create_user("bien-tap")
    user.groups.add(editors)
    client.force_login(user)
    assert status(client, image.file.url) == 404

    choose = Permission.objects.get(codename="choose_image")
    GroupCollectionPermission.objects.create(group=editors, collection=collection, permission=choose)

    assert status(client, image.file.url) == 200


class Moving:
    """Stands for ``Changes``: the test says when something has changed."""

    def __init__(self) -> None:
        self.known = Known(0, 0.0, away=False)

    def move(self) -> None:
        self.known = self.known._replace(generation=self.known.generation + 1)


@pytest.mark.django_db(transaction=True)
def test_the_event_loop_knows_which_pictures_are_private_and_forgets_it_with_each_change(
    collection: Collection, image: Image, django_assert_max_num_queries: Any
) -> None:
    changes = Moving()
    privacy = Privacy(changes)  # type: ignore[arg-type]
    rendition = image.get_rendition("width-20")

    def for_all() -> list[bool]:
        async def ask() -> list[bool]:
            return [await privacy.is_for_all(name) for name in (image.file.name, rendition.file.name, "avatar/a.png")]

        return asyncio.run(ask())

    assert for_all() == [False, True, True]
    restriction = restrict(collection)
    changes.move()
    assert for_all() == [False, False, True]
    restriction.delete()
    changes.move()
    assert for_all() == [False, True, True]
    privacy._thread.submit(close_connections).result()


def close_connections() -> None:
    from django.db import connections  # noqa: PLC0415

    connections.close_all()
