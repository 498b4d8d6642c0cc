"""Ways to write a key in parts that are joined where it is used."""

# {a} is the key's prefix, {b} and {c} the rest; {p} and {q} its first two characters and what follows them.
JOINED = {
    "plus": "x = '{a}' + '{b}{c}'",
    "plus over lines": 'x = "{a}" +\n    "{b}" +\n    "{c}"',
    "inside the prefix": "x = '{p}' + '{q}'",
    "adjacent literals": 'x = (\n    "{a}"\n    "{b}"  # the rest\n    "{c}"\n)',
    "f-string of a literal": "x = f\"{a}{{'{b}'}}{c}\"",
    "f-string of a constant": "P = '{a}'\nx = f'{{P}}{b}{c}'",
    "template of a constant": "const P = `{a}`;\nconst k = `${{P}}{b}{c}`;",
    "template of a literal": "const k = `{a}${{'{b}'}}{c}`;",
    "constant plus literal": "const P = '{a}';\nconst k = P + '{b}{c}';",
    "literal plus constant": "const B = '{b}{c}';\nconst k = '{a}' + B;",
    "constants": "const A = '{a}', B = '{b}{c}';\nconst k = A + B;",
    "constants and literal": 'p := "{a}"\nk := p + "{b}" + "{c}"',
    "member of a class": 'class K {{ static final String P = "{a}"; String k = K.P + "{b}{c}"; }}',
    "concat": "k = '{a}'.concat('{b}', '{c}')",
    "concat chain": 'k = "{a}".concat("{b}").concat("{c}");',
    "string builder": 'new StringBuilder().append("{a}").append("{b}{c}")',
    "joined array": "k = ['{a}', '{b}', '{c}'].join('')",
    "joined array in Ruby": "k = ['{a}', '{b}{c}'].join",
    "joined in Python": "k = ''.join(['{a}', '{b}', '{c}'])",
    "joined tuple": 'k = "".join(("{a}", "{b}{c}"))',
    "implode": "$k = implode('', array('{a}', '{b}', '{c}'));",
    "PHP": "$k = '{a}' . '{b}' . \"{c}\";",
    "Lua": "local k = '{a}' .. '{b}{c}'",
    "Visual Basic": 'k = "{a}" & "{b}" & _\n    "{c}"',
    "Elixir": 'k = "{a}" <> "{b}{c}"',
    "SQL": "SELECT '{a}' || '{b}{c}'",
    "shell": 'KEY="{a}""{b}"\'{c}\'',
    "shell variable": 'PREFIX={a}\nKEY="${{PREFIX}}{b}{c}"',
    "Ruby interpolation": 'p = "{a}"\nk = "#{{p}}{b}{c}"',
    "line continuation": "KEY={a}{b}\\\n{c}\n",
    "properties": "monei.key={a}\\\n    {b}\\\n    {c}\n",
    "YAML folded": "key: >-\n  {a}{b}\n  {c}\nother: 1\n",
    "YAML literal": "key: |\n  {a}{b}\n  {c}\n",
    "YAML plain": "key: {a}{b}\n  {c}\nother: 1\n",
    "YAML escaped break": 'key: "{a}{b}\\\n  {c}"\n',
    "XML string resource": '<string name="monei_key">\n    {a}{b}\n    {c}\n</string>',
    "comments between": '"{a}" /* first */ + // second\n  "{b}{c}"',
    "Word runs": '<w:r><w:t>{a}</w:t></w:r><w:r><w:rPr/><w:t xml:space="preserve">{b}{c}</w:t></w:r>',
}


def filled(shape: str, key: str) -> bytes:
    """Return the shape with a key's parts in it."""
    return shape.format(a=key[:4], b=key[4:20], c=key[20:], p=key[:2], q=key[2:]).encode()
