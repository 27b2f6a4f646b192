"""Nasty texts, each under a short name, and a collection made of them.

Whatever could run says so: it adds its name to ``window.__owned``, or makes the page's title "owned". Nothing may.
"""

import json
import re


def own(name):
    """JavaScript that tells on itself."""
    return f"(window.__owned=window.__owned||[]).push('{name}')"


def _made(**texts):
    return {name.replace("_", "-"): text.replace("OWN", own(name.replace("_", "-"))) for name, text in texts.items()}


TEMPLATES = _made(
    template_literal="${OWN}",
    template_nested="`${`${OWN}`}` and ${'$'}{OWN}",
    template_escaped="\\${OWN} \\\\${OWN} $\\{OWN}",
    mustache="{{OWN}} {{{OWN}}} {{&OWN}}",
    angular="{{constructor.constructor(`OWN`)()}}",
    svelte="{@html '<img src=x onerror=OWN>'} {OWN}",
    vue="<p v-html=\"OWN\" @click='OWN' :style='OWN'>v</p>",
    jinja="{% set x = cycler.__init__.__globals__.os.popen('id').read() %}{{ x }}",
    erb="<%= OWN %> <% OWN %> #{OWN} @(OWN)",
    python_format="{0.__class__.__mro__} {__import__('os').getcwd()} %(x)s %n%s%x",
    latex="$$\\href{javascript:OWN}{x}$$ \\input{/etc/passwd} \\(\\def\\x{\\x\\x}\\x\\)",
)
ELEMENTS = _made(
    script="<script>OWN</script>",
    script_case="<ScRiPt >OWN</sCrIpT\n>",
    script_broken="<script/x>OWN</script><scr<script>ipt>OWN</scr</script>ipt>",
    script_module="<script type=module>document.title='owned';OWN</script>",
    script_close="</script><script>OWN</script>",
    script_json='</script>{"a":"<\\/script><script>OWN</script>"}<!--<script>',
    script_elsewhere="<script src=https://evil.invalid/x.js></script>",
    image="<img src=x onerror=OWN>",
    image_quotes="\"><img src='x' onerror=\"OWN\">'><img src=x onerror='OWN'>",
    image_elsewhere="<img src=https://evil.invalid/p.png srcset='//evil.invalid/q.png 2x'>",
    image_slashes="<img/src/onerror=OWN><img src=x:x\tonerror\r\n=\r\nOWN>",
    svg="<svg onload=OWN><script>OWN</script></svg>",
    svg_animate="<svg><animate onbegin=OWN attributeName=x dur=1s></svg>",
    svg_use="<svg><use href='data:image/svg+xml,<svg id=x xmlns=http://www.w3.org/2000/svg onload=OWN/>#x'/></svg>",
    iframe="<iframe srcdoc='<script>parent.document.title=`owned`</script>'></iframe>",
    iframe_script='<iframe src="javascript:parent.OWN"></iframe><iframe src=https://evil.invalid></iframe>',
    object="<object data='data:text/html,<script>opener</script>'></object><embed src=javascript:OWN>",
    link_script="<a href='javascript:OWN' autofocus>a</a><a href=\"jav&#x09;ascript:OWN\">b</a>",
    form="<form action=https://evil.invalid><input name=q><button formaction=javascript:OWN>go</button></form>",
    focus="<input onfocus=OWN autofocus><textarea onfocus=OWN autofocus></textarea>",
    details="<details open ontoggle=OWN><summary>s</summary></details>",
    body="<body onload=OWN onpageshow=OWN onresize=OWN>",
    video="<video><source onerror=OWN></video><audio src=x onerror=OWN></audio>",
    marquee="<marquee onstart=OWN>m</marquee><blink onanimationstart=OWN>",
    cover="<x onpointerenter=OWN onclick=OWN style='position:fixed;inset:0;z-index:9999'>",
    dialog="<dialog open onclose=OWN>Your session has ended. Password: <input type=password></dialog>",
    meta="<meta http-equiv=refresh content='0;url=https://evil.invalid'><base href=https://evil.invalid/>",
    style="<style>*{background:url(https://evil.invalid/s.png)}@import 'https://evil.invalid/s.css';</style>",
    style_attribute="<b style='background:url(https://evil.invalid/b.png);width:expression(OWN)'>b</b>",
    stylesheet="<link rel=stylesheet href=https://evil.invalid/l.css><link rel=prefetch href=//evil.invalid/>",
    comment="--><script>OWN</script><!-- <!--[if IE]><script>OWN</script><![endif]-->",
    cdata="]]><script>OWN</script><![CDATA[<script>OWN</script>]]>",
    leave_attribute="' onmouseover='OWN' x=' \" onmouseover=\"OWN\" x=\" ` onmouseover=`OWN`",
    leave_elements="</textarea></title></style></noscript></select></option></template><img src=x onerror=OWN>",
    mutation="<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=x onerror=OWN&gt;'>",
    noscript="<noscript><p title='</noscript><img src=x onerror=OWN>'></noscript>",
    clobber="<form id=document name=props><input name=value><img name=element><a id=mountCompare href=x:y>",
    shadow="<template shadowrootmode=open><script>OWN</script><slot></slot></template>",
)
ENCODED = _made(
    entities="&lt;script&gt;OWN&lt;/script&gt; &#60;img src=x onerror=OWN&#62; &amp;lt;b&amp;gt;",
    unicode_escapes="\\u003cscript\\u003eOWN\\u003c/script\\u003e \\x3cimg src=x onerror=OWN\\x3e",
    percent="%3Cscript%3EOWN%3C/script%3E javascript:%4F%57%4E",
    full_width="＜script＞OWN＜/script＞ ﹤img src=x onerror=OWN﹥",
    utf7="+ADw-script+AD4-OWN+ADw-/script+AD4-",
    leave_string='\\\';OWN;// ";OWN;// `;OWN;// \\\\";OWN;//',
    polyglot="javascript:/*--></title></style></textarea></script><svg/onload='+/\"`/+/onmouseover=1/+/[*/[]/+OWN//'>",
    data_address="data:text/html;base64,PHNjcmlwdD5kb2N1bWVudC50aXRsZT0nb3duZWQnPC9zY3JpcHQ+ vbscript:OWN",
)
MARKDOWN = _made(
    md_link="[click](javascript:OWN) [x](<javascript:OWN>) <javascript:OWN> [r]: javascript:OWN",
    md_image='![alt](https://evil.invalid/md.png) ![a](x"onerror="OWN) ![][r]',
    md_fence="```html\n<script>OWN</script>\n```\n~~~\n\n    <script>OWN</script>\n",
    md_structure="# heading\n\n* item\n\n| a | b |\n|---|---|\n| <img src=x onerror=OWN> | b |\n\n---\n> quote",
    md_brackets="[" * 2_000 + "x" + "](y)" * 2_000,
)
CHARACTERS = {
    "bidi-override": "start \u202e gnp.exe \u202c end \u202d left \u202c",
    "bidi-isolates": "\u2066\u2067\u2068 unclosed isolates \u200f\u200e\u061c marks",
    "bidi-words": "abc \u05d0\u05d1\u05d2 123 \u0627\u0644\u0639\u0631\u0628\u064a\u0629 (def) \u05d3",
    "null-bytes": "before\0after \0\0 <scr\0ipt>" + own("null-bytes") + "</scr\0ipt>",
    "controls": "bell \x07 back \x08 tab \x0b form \x0c shift \x0e del \x7f next \x85 string \x9c",
    "ansi": "\x1b[2J\x1b[31mred\x1b[0m \x1b]0;owned\x07 \x9b31m",
    "line-separators": "one\u2028two\u2029three\x85four",
    "carriage-returns": "a\r\nSet-Cookie: owned=1\r\n\r\n<script>" + own("carriage-returns") + "</script>\rb",
    "high-surrogate": "a high \ud83d alone",
    "low-surrogate": "a low \ude00 alone",
    "surrogates-swapped": "swapped \ude00\ud83d here \ud83d",
    "noncharacters": "\ufffe \uffff \ufdd0 \U0001ffff \U0010ffff",
    "byte-order-mark": "\ufeffmark \ufeff within",
    "zero-width": "pay\u200bpal \u200c\u200d\u2060\u00ad words",
    "zalgo": "H" + "\u0300\u0321\u0489" * 200 + "e" + "\u035c" * 300,
    "tag-characters": "hello\U000e0068\U000e0069\U000e007f \U000e0001",
    "emoji": "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f3f3\ufe0f\u200d\U0001f308 \U0001f1e9\U0001f1ea 1\ufe0f\u20e3",
    "homoglyphs": "\u0430pple \u0440\u0430\u0443\u0440\u0430l \uff41\uff44min",
    "private-use": "\ue000\uf8ff \U000f0000 icons",
}
SIZES = {
    "long-line": "long line " + "x" * 100_000,
    "long-spaces": "spaces" + " " * 100_000 + "end",
    "long-words": "word " * 20_000,
    "deep-elements": "<b>" * 8_000 + "deep" + "</b>" * 8_000,
    "deep-brackets": "(" * 20_000 + "deep" + "[" * 20_000,
    "many-lines": "line\n" * 10_000,
    "many-entities": "&lt;" * 10_000 + "&" * 10_000,
}
WORDS = {
    "proto": "__proto__",
    "constructor": "constructor",
    "has-own": "hasOwnProperty",
    "to-string": "toString",
    "json-proto": '{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}',
    "sql": "'; DROP TABLE record; -- \" OR 1=1",
    "formula": "=cmd|' /C calc'!A0",
    "path": "../../../../etc/passwd",
    "address": "javascript:document.title='owned'",
    "nan": "NaN",
    "null": "null",
    "undefined": "undefined",
    "shell": "$(touch owned) `touch owned` ; touch owned | cat && touch owned",
}
TEXTS = {**TEMPLATES, **ELEMENTS, **ENCODED, **MARKDOWN, **CHARACTERS, **SIZES, **WORDS}
FOLDER = "<img src=x onerror=" + own("folder") + "> ${" + own("folder") + "} {{1}} \u202e\"'"  # "/" alone is refused
PER_QUERY = 10  # texts on one page of Compare


def whole(text):
    """What a text is once broken surrogates are mended: the characters a page can show."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def legal_id(text):
    """Whether a text may name a document: ids stand in one field of one line."""
    return len(text) < 200 and "\t" not in text and len(text.splitlines()) == 1 and text == text.strip()


def doc_id(name):
    return TEXTS[name] if legal_id(TEXTS[name]) else name


def write_collection(folder):
    """A BEIR folder: each text as title, text, id, query, answer, rationale and evidence.

    A query ``page-N`` with the scope ``group-N`` finds PER_QUERY of the texts and nothing else.
    """
    (folder / "qrels").mkdir(parents=True)
    documents, queries, qrels = [], [], []
    for place, (name, text) in enumerate(TEXTS.items()):
        group = f"group-{place // PER_QUERY}"
        documents.append({"_id": doc_id(name), "title": text[:300], "text": text, "metadata": {"group": group}})
        told = {"answers": [text[:300]], "rationale": text[:300], "evidence": {doc_id(name): [[0, 5]]}}
        queries.append({"_id": f"q {doc_id(name)}", "text": text[:300], "metadata": told})
        qrels.append((f"q {doc_id(name)}", doc_id(name)))
        if place % PER_QUERY == 0:
            asked = {"scope": group, "answers": [text[:300]], "rationale": text[:300]}
            queries.append({"_id": f"page-{place // PER_QUERY}", "text": f"{group} {text[:50]}", "metadata": asked})
            qrels.append((f"page-{place // PER_QUERY}", doc_id(name)))
    for file, rows in (("corpus.jsonl", documents), ("queries.jsonl", queries)):
        (folder / file).write_text("".join(json.dumps(row) + "\n" for row in rows))  # escapes: surrogates stay broken
    lines = "".join(f"{whole(query)}\t{whole(doc)}\t1\n" for query, doc in qrels)
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n" + lines, encoding="utf-8")
    return folder


def pages():
    """(the query, the names of the texts it shows) of every page of Compare."""
    names = list(TEXTS)
    return [(f"page-{at // PER_QUERY}", names[at : at + PER_QUERY]) for at in range(0, len(names), PER_QUERY)]
