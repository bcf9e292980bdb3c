"""A link from elsewhere is data: nothing in it runs, and what is wrong with it is left out."""

import pytest

from tests.maps.conftest import HOSTILE, written

pytestmark = pytest.mark.browser

RAN = "typeof window.ran === 'undefined' && document.querySelectorAll('#panel script, #panel img[src=x]').length === 0"
LINKS = {
    "markup": "#d=<img src=x onerror=window.ran=1>&f.text=<script>window.ran=1</script>",
    "script": "#l=javascript:window.ran=1&m=javascript:window.ran=1",
    "prototype": "#__proto__=1&constructor=2&d=__proto__&f.__proto__=x&l=toString&e=valueOf",
    "encoded": "#d=%3Cscript%3Ewindow.ran%3D1%3C/script%3E&q=%00%ff%",
    "endless": "#" + "f.text=" + "a" * 200_000,
    "many": "#" + "&".join(f"k{i}={i}" for i in range(20_000)),
    "numbers": "#w=rail:1e999,rail:-1,rail:NaN&f.rail=1e9999&f.grade=-0&f.oxide=0x10",
    "order": "#o=<script>window.ran=1</script>&o=__proto__&o=constructor:down",
    "point": "#p=<img src=x onerror=window.ran=1>,1",
    "far point": "#p=1e9,NaN",
    "hostile name": "#d=" + HOSTILE.replace("\u2028", "").replace("#", ""),
}


@pytest.mark.parametrize("link", LINKS.values(), ids=LINKS)
def test_a_hostile_link_runs_nothing_and_opens_nothing(data, tmp_path, visit, link):
    seen = visit(written(data, tmp_path), link=link)
    assert seen.value(RAN)
    assert seen.value("geoRee.opened()") is None
    assert seen.value("geoRee.state.language") == "en"
    assert (
        seen.value("[geoRee.state.sort, geoRee.state.point, geoRee.measuredPoint()]") == [None] * 3
    )
    assert seen.value("Object.prototype.hasOwnProperty.call(geoRee.byId, '__proto__')") is False
    assert seen.page.locator("#ranking tbody tr").count() >= 1
    assert [line for line in seen.trouble if "ran" in line or "dialog" in line] == []
    assert seen.trouble == []


def test_a_deposit_of_another_run_opens_nothing_and_the_page_stays(data, tmp_path, visit):
    seen = visit(written(data, tmp_path), link="#d=starter_deposits:gone&m=gone&f.country=KAZ")
    assert seen.value("geoRee.opened()") is None
    assert seen.value("geoRee.state.filters") == {"country": ["KAZ"]}
    assert seen.trouble == []
