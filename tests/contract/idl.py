"""Varlink interface definitions, read from https://varlink.org/Interface-Definition, and values checked against them.

    interface = Interface(text)
    interface.check(interface.methods['Get'].reply, {'node': ...})    # None, or the path of what is wrong
"""
import collections
import re

TOKEN = re.compile(r'\s*(?:#[^\n]*\n\s*)*(->|\[string\]|\[\]|[?(),:]|[A-Za-z][A-Za-z0-9_.-]*|$)')
PLAIN = {
    'bool': lambda value: isinstance(value, bool),
    'int': lambda value: isinstance(value, int) and not isinstance(value, bool),
    'float': lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    'string': lambda value: isinstance(value, str),
    'object': lambda value: isinstance(value, dict),
}

Method = collections.namedtuple('Method', 'name call reply')
# kind: a name of PLAIN, 'enum' (detail: values), 'struct' (detail: fields), 'array', 'map' (detail: element) or 'name' (detail: it)
Type = collections.namedtuple('Type', 'kind detail nullable')


class Interface:
    def __init__(self, text):
        self.text = text
        self.types, self.methods, self.errors = {}, {}, {}
        self._tokens = self._tokenize(text)
        self._take('interface')
        self.name = self._next()
        while self._peek():
            self._declaration()

    @staticmethod
    def _tokenize(text):
        tokens, position = [], 0
        while True:
            match = TOKEN.match(text, position)
            if not match:
                raise ValueError(f'line {text.count(chr(10), 0, position) + 1}: {text[position:position + 20]!r}')
            if not match.group(1):
                return tokens[::-1]
            tokens.append(match.group(1))
            position = match.end()

    def _peek(self):
        return self._tokens[-1] if self._tokens else None

    def _next(self):
        return self._tokens.pop()

    def _take(self, expected):
        token = self._next()
        if token != expected:
            raise ValueError(f'{token!r} instead of {expected!r}')

    def _declaration(self):
        word, name = self._next(), self._next()
        if word == 'type':
            self.types[name] = self._type()
        elif word == 'error':
            self.errors[name] = self._type()
        elif word == 'method':
            call = self._type()
            self._take('->')
            self.methods[name] = Method(name, call, self._type())
        else:
            raise ValueError(f'{word!r} is no declaration')

    def _type(self):
        token = self._next()
        if token == '?':
            return self._type()._replace(nullable=True)
        if token in ('[]', '[string]'):
            return Type('array' if token == '[]' else 'map', self._type(), False)
        if token == '(':
            return self._members()
        return Type(token, None, False) if token in PLAIN else Type('name', token, False)

    def _members(self):
        fields, values = {}, []
        while self._peek() != ')':
            name = self._next()
            if self._peek() == ':':
                self._next()
                fields[name] = self._type()
            else:
                values.append(name)
            if self._peek() == ',':
                self._next()
        self._take(')')
        return Type('enum', values, False) if values else Type('struct', fields, False)

    def check(self, type_, value, path=''):
        if type_.nullable and value is None:
            return None
        if type_.kind == 'name':
            return self.check(self.types[type_.detail], value, path)
        if type_.kind in PLAIN:
            return None if PLAIN[type_.kind](value) else path
        if type_.kind == 'enum':
            return None if value in type_.detail else path
        if type_.kind == 'array':
            if not isinstance(value, list):
                return path
            inner = ((type_.detail, element, f'{path}[{number}]') for number, element in enumerate(value))
        elif not isinstance(value, dict):
            return path
        elif type_.kind == 'map':
            inner = ((type_.detail, element, f'{path}[{key}]') for key, element in value.items())
        else:
            undeclared = [key for key in value if key not in type_.detail]
            if undeclared:
                return f'{path}.{undeclared[0]}'.lstrip('.')
            inner = ((field, value.get(name), f'{path}.{name}'.lstrip('.')) for name, field in type_.detail.items())
        return next((wrong for wrong in (self.check(*arguments) for arguments in inner) if wrong is not None), None)
