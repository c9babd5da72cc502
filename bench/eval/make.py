"""Makes faq-en.jsonl and faq-zh.jsonl from the FAQs in Debian's packages, unpacked below one folder: `python make.py FOLDER`.
Versions: perl-doc 5.36.0-7+deb12u4, python3.11-doc 3.11.2-6+deb12u9, debian-faq-zh-cn 11.1."""
import json
import re
import sys
from html import unescape
from pathlib import Path

folder = Path(sys.argv[1])
here = Path(__file__).parent


def write(name, entries):
    seen = set()
    with (here / name).open("w", encoding="utf-8") as file:
        for source, question, answer in entries:
            question, answer = " ".join(question.split()), re.sub(r"\n{3,}", "\n\n", answer).strip()
            if len(answer) < 60 or question in seen:
                continue
            seen.add(question)
            line = {"id": f"{source}-{len(seen)}", "question": question, "answer": answer}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


def pod(text):
    text = re.sub(r"X<+[^<>]*>+", "", text)
    for _ in range(3):
        text = re.sub(r"L<(?:([^<>|]*)\|)?([^<>|]*)>", lambda m: m[1] or m[2], text)
        text = re.sub(r"[BCFISE]<<? ?([^<>]*?) ?>>?", r"\1", text)
    text = re.sub(r"^=(?:over|back|item|for|begin|end|cut)\b *(.*)$", r"\1", text, flags=re.M)
    return re.sub(r"^\(contributed by .*?\)\s*", "", text.strip(), flags=re.S)


def perl():
    for file in sorted(folder.glob("perl-doc/usr/share/perl/*/pod/perlfaq[1-9].pod")):
        body = file.read_text(encoding="utf-8").split("=head1 AUTHOR")[0]
        for part in re.split(r"^=head2 ", body, flags=re.M)[1:]:
            head, _, answer = re.split(r"^=head1 ", part, flags=re.M)[0].partition("\n\n")
            yield "perl", pod(head), pod(answer)


def rst(text):
    text = re.sub(r"^\.\. .*\n(?:[ \t]+.*\n|\n(?=[ \t]))*", "", text, flags=re.M)
    text = re.sub(r":[\w:]+:`~?\.?([^`<]*?)(?:\s*<[^>`]*>)?`", r"\1", text)
    text = re.sub(r"`([^`<]+?)\s*<[^>`]*>`_+", r"\1", text)
    return re.sub(r"``([^`]*)``", r"\1", text).replace("::\n", ":\n")


def python():
    for file in sorted(folder.glob("python3.11-doc/usr/share/doc/python3.11/html/_sources/faq/*.txt")):
        lines = file.read_text(encoding="utf-8").split("\n")
        heads = [i for i in range(len(lines) - 1) if re.fullmatch(r"[-=~*^]{4,}", lines[i + 1]) and lines[i].strip()]
        for head, end in zip(heads, [*heads[1:], len(lines)]):
            if "?" in lines[head]:
                answer = re.sub(r"^[=*~^-]{4,}$", "", "\n".join(lines[head + 2 : end]), flags=re.M)
                yield "python", rst(lines[head]), rst(answer)


def plain(html):
    html = re.sub(r"</(?:p|li|pre|dt|dd|tr|div)>", "\n\n", html)
    text = unescape(re.sub(r"<[^>]+>", "", html)).replace("\xa0", " ")
    return re.sub(r"[ \t]*\n[ \t]*", "\n", text)


def debian():
    for file in sorted(folder.glob("debian-faq-zh-cn/usr/share/doc/debian/FAQ/zh-cn/*.html")):
        html = file.read_text(encoding="utf-8").split('<div class="navfooter">')[0]
        for part in re.split(r"<h2\b[^>]*>", html)[1:]:
            head, _, answer = part.partition("</h2>")
            if "？" in head or "?" in head:
                yield "debian", re.sub(r"^[\d.\s]+", "", plain(head)), plain(answer)


write("faq-en.jsonl", [*perl(), *python()])
write("faq-zh.jsonl", debian())
