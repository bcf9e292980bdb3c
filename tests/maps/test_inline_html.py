"""The HTML by which a notebook shows the page."""

from html.parser import HTMLParser

from geo_ree.maps import InlinePage


class _Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


def test_a_page_in_a_notebook_is_sandboxed_and_complete():
    page = '<html><body>"&amp;" <script>1 < 2</script></body></html>'
    parsed = _Tags()
    parsed.feed(InlinePage(html=page, height_px=320)._repr_html_())
    ((tag, attributes),) = parsed.tags
    assert (tag, attributes["srcdoc"], attributes["height"]) == ("iframe", page, "320")
    assert "allow-same-origin" not in attributes["sandbox"]
