package source

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

const (
	// MaxFile is the largest file that is read, in bytes.
	MaxFile = 256 << 10
	// MaxDepth is how deep lists and keys may stand in one another.
	MaxDepth = 32
	// maxTokens bounds the parser, whose time grows with the square of them;
	// a long campaign has a few hundred.
	maxTokens = 8_000
)

// Document is one file: its tree, and the faults found in it so far. It is not
// safe for concurrent use.
type Document struct {
	file   string
	text   []rune // without byte order mark, lines ended by \n
	lines  []int  // offset into text of the start of each line
	root   Node
	faults List
}

// Parse reads data, which file names in every diagnostic. The Document is never
// nil; where the file as a whole cannot be read, its root has no value and
// Faults says why.
func Parse(file string, data []byte) *Document {
	d := &Document{file: file}
	d.root = Node{doc: d, kind: kindNothing}
	if !d.admit(data) {
		return d
	}
	tokens := lexer.Tokenize(string(d.text))
	if !d.admitTokens(tokens) {
		return d
	}
	if body := d.parse(tokens); body != nil {
		d.root = d.convert(body, "")
	}
	return d
}

// Root is the node of the whole file.
func (d *Document) Root() Node { return d.root }

// Faults are all faults found so far, in the order of the file.
func (d *Document) Faults() List {
	d.faults.Sort()
	return d.faults
}

func (d *Document) report(line, column int, path, message, hint string) {
	d.faults = append(d.faults, Diagnostic{
		File: d.file, Line: line, Column: column, Path: path, Message: message, Hint: hint,
	})
}

// admit checks the bytes: size, encoding, control characters.
func (d *Document) admit(data []byte) bool {
	if len(data) > MaxFile {
		d.report(0, 0, "", fmt.Sprintf("the file has %d bytes; at most %d are read", len(data), MaxFile), "")
		return false
	}
	text := strings.TrimPrefix(string(data), "\ufeff")
	text = strings.ReplaceAll(text, "\r\n", "\n")
	line, column := 1, 0
	for i, r := range text {
		column++
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd"):
			d.report(line, column, "", "the file is not UTF-8 from here on",
				"save it as UTF-8; GB18030, GBK and Latin-1 are not read")
			return false
		case r == '\n':
			line, column = line+1, 0
		case r < ' ' && r != '\t', r == 0x7f, r >= 0x80 && r < 0xa0, r == 0x2028, r == 0x2029, r == 0xfeff:
			d.report(line, column, "", fmt.Sprintf("control character U+%04X", r), "take it out")
			return false
		}
	}
	d.text = []rune(text)
	d.lines = []int{0}
	for i, r := range d.text {
		if r == '\n' {
			d.lines = append(d.lines, i+1)
		}
	}
	return true
}

// admitTokens refuses what needs no parser to be seen, and whatever could make
// the parser recurse without bound.
func (d *Document) admitTokens(tokens token.Tokens) bool {
	var (
		columns []int // of the open block collections
		flow    int
		content bool
		line    int // of the last token outside flow style
	)
	before := len(d.faults)
	if len(tokens) > maxTokens {
		p := tokens[maxTokens].Position
		d.report(p.Line, p.Column, "", "the file is too long to be a campaign or a configuration", "")
		return false
	}
	for _, t := range tokens {
		refuse := func(message, hint string) { d.report(t.Position.Line, t.Position.Column, "", message, hint) }
		column := t.Position.Column
		switch t.Type {
		case token.AnchorType:
			refuse("anchors (&name) are not read", "write the value where it is used")
		case token.AliasType:
			refuse("aliases (*name) are not read", "write the value again")
		case token.MergeKeyType:
			refuse("merge keys (<<) are not read", "write the keys again")
		case token.TagType:
			refuse("tags (!name) are not read", "take it out; text that looks like a number goes in quotes")
		case token.DirectiveType:
			refuse("directives (%...) are not read", "take the line out")
			return false
		case token.DocumentHeaderType:
			if content {
				refuse("a second document begins here", "one file holds one document")
			}
		case token.SequenceEntryType:
			// The parser nests one list in another for each, without bound.
			if flow > 0 {
				refuse("\"- \" inside brackets", "inside [...] items are divided by commas")
				return false
			}
		case token.MappingKeyType:
			refuse("keys written with \"?\" are not read", "write key: value")
		case token.MappingStartType, token.SequenceStartType:
			flow++
		case token.MappingEndType, token.SequenceEndType:
			flow--
		}
		if t.Type != token.CommentType && t.Type != token.DocumentHeaderType {
			content = true
		}
		if flow == 0 {
			if t.Type == token.MappingValueType && t.Prev != nil && t.Prev.Position != nil && t.Prev.Position.Line == t.Position.Line {
				column = t.Prev.Position.Column
			}
			if t.Type == token.MappingValueType || t.Type == token.SequenceEntryType {
				if t.Position.Line > line {
					for len(columns) > 0 && columns[len(columns)-1] > column {
						columns = columns[:len(columns)-1]
					}
				}
				if len(columns) == 0 || columns[len(columns)-1] < column {
					columns = append(columns, column)
				}
				line = t.Position.Line
			}
		}
		if len(columns)+flow > MaxDepth {
			refuse(fmt.Sprintf("nested more than %d deep", MaxDepth), "")
			return false
		}
		if len(d.faults)-before >= 100 {
			break
		}
	}
	return len(d.faults) == before
}

// parse runs the library's parser. A panic in it is a fault of the file as far
// as the person is concerned, and must not take the process down.
func (d *Document) parse(tokens token.Tokens) (body ast.Node) {
	defer func() {
		if r := recover(); r != nil {
			body = nil
			d.report(0, 0, "", "the file is not readable as YAML", "")
		}
	}()
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		line, column := 0, 0
		var message string
		var syntax yaml.Error
		if !errors.As(err, &syntax) {
			message = err.Error()
		} else { // whose Error prints the lines around it token by token: 35 MB for one long line
			message = syntax.GetMessage()
			if t := syntax.GetToken(); t != nil && t.Position != nil {
				line, column = t.Position.Line, max(t.Position.Column, 1)
			}
		}
		d.unreadable(line, column, message, tokens)
		return nil
	}
	for _, doc := range file.Docs {
		if doc.Body != nil {
			return doc.Body
		}
	}
	d.report(0, 0, "", "the file is empty", "")
	return nil
}

func (d *Document) convert(n ast.Node, path string) Node {
	out := Node{doc: d, path: path}
	if t := n.GetToken(); t != nil && t.Position != nil {
		out.line, out.column = t.Position.Line, max(t.Position.Column, 1)
	}
	switch v := n.(type) {
	case *ast.MappingNode:
		out.kind = kindMapping
		out.entries = d.entries(v.Values, path)
	case *ast.MappingValueNode:
		out.kind = kindMapping
		out.entries = d.entries([]*ast.MappingValueNode{v}, path)
	case *ast.SequenceNode:
		out.kind = kindList
		for i, item := range v.Values {
			out.items = append(out.items, d.convert(item, path+"["+strconv.Itoa(i)+"]"))
		}
	case *ast.LiteralNode:
		out.kind, out.text, out.style = kindText, v.Value.Value, styleBlock
	case *ast.StringNode:
		out.kind, out.text = kindText, v.Value
		switch v.Token.Type {
		case token.DoubleQuoteType:
			out.style = styleDouble
		case token.SingleQuoteType:
			out.style = styleSingle
		}
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		out.kind, out.text = kindNumber, n.GetToken().Value
	case *ast.BoolNode:
		out.kind, out.text = kindBool, n.GetToken().Value
	case *ast.NullNode:
		out.kind = kindNothing
	default:
		d.report(out.line, out.column, path, "this form of YAML is not read", "")
	}
	if out.kind == kindMapping && len(out.entries) > 0 {
		// The library places a mapping at its first colon.
		if first := out.entries[0].Key; n.GetToken().Type != token.MappingStartType {
			out.line, out.column = first.line, first.column
		}
	}
	return out
}

func (d *Document) entries(values []*ast.MappingValueNode, path string) []Entry {
	out := make([]Entry, 0, len(values))
	first := make(map[string]int, len(values))
	for _, v := range values {
		key := d.convert(v.Key, path)
		key.path = Join(path, key.text)
		if key.kind == kindNothing {
			key.text = "null"
			key.path = Join(path, key.text)
		}
		if line, twice := first[key.text]; twice {
			d.report(key.line, key.column, key.path, "written twice",
				fmt.Sprintf("it stands on line %d already", line))
			continue
		}
		first[key.text] = key.line
		value := Node{doc: d, path: key.path, kind: kindNothing, line: key.line, column: key.column}
		if v.Value != nil {
			value = d.convert(v.Value, key.path)
		}
		if value.kind == kindNothing {
			value.line, value.column = key.line, key.column
		}
		out = append(out, Entry{Key: key, Value: value})
	}
	return out
}

// Join is the path of key below path.
func Join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
