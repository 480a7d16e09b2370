package message

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/osteele/liquid"
	"github.com/osteele/liquid/render"

	"github.com/rewave/rewave/internal/source"
)

// Ceilings of the work one part may cause, known before it runs.
const (
	maxDepth = 2
	maxRange = 100
	maxSteps = 10_000
)

// checker finds what is wrong with one file by walking the library's own parse
// of it, so that it judges exactly what would run.
type checker struct {
	file, text string
	html       bool
	faults     source.List

	locals map[string]bool // assigned names and the variables of open loops
	inside string          // HTML text since the last "<", when a tag is open
	steps  int
	full   bool // the steps fault was reported
}

// compile parses the file; the template is nil if it does not parse. Faults end
// up in c.faults.
func (c *checker) compile(e *liquid.Engine) (tpl *liquid.Template) {
	if len(c.text) > maxSource {
		c.fault(1, "", fmt.Sprintf("is longer than %d KiB", maxSource>>10), "")
		return nil
	}
	// The library's scanner panics on a number that does not fit in 64 bits.
	defer func() {
		if r := recover(); r != nil {
			tpl = nil
			c.fault(1, "", fmt.Sprintf("cannot be read: %v", r), "")
		}
	}()
	tpl, err := e.ParseTemplateLocation([]byte(c.text), c.file, 1)
	if err != nil {
		c.parseFault(err)
		return nil
	}
	c.locals = map[string]bool{}
	c.walk([]render.Node{tpl.GetRoot()}, 1, 0)
	return tpl
}

// parseFault puts the library's words into the user's.
func (c *checker) parseFault(err liquid.SourceError) {
	message, hint := plain(err), ""
	if _, name, ok := strings.Cut(message, `undefined tag "`); ok {
		name = strings.TrimSuffix(name, `"`)
		message = fmt.Sprintf("unknown tag %q", name)
		if name == "include" || name == "render" || name == "layout" {
			message = fmt.Sprintf("%q is not possible: a message cannot read other files", name)
		} else if near := nearest(name, tagNames); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
	}
	c.fault(err.LineNumber(), "", message, hint)
}

// walk visits nodes that run at most times times, depth loops deep.
func (c *checker) walk(nodes []render.Node, times, depth int) {
	for _, n := range nodes {
		switch n := n.(type) {
		case *render.SeqNode:
			c.walk(n.Children, times, depth)
		case *render.TextNode:
			c.textNode(n)
		case *render.RawNode:
			at := rawTag.FindStringIndex(c.text)
			c.fault(1+strings.Count(c.text[:at[0]], "\n"), c.text[at[0]:at[1]], `the tag "raw" is not supported`, "")
		case *render.ObjectNode:
			c.step(n.SourceLoc.LineNo, n.Source, times, n.Args)
			toks := c.expression(n.SourceLoc.LineNo, n.Source, n.Args)
			c.place(n, toks)
		case *render.TagNode:
			c.tag(n, times)
		case *render.BlockNode:
			c.block(n, times, depth)
		}
	}
}

func (c *checker) tag(n *render.TagNode, times int) {
	line := n.SourceLoc.LineNo
	if !tagNames[n.Name] {
		c.fault(line, n.Source, fmt.Sprintf("the tag %q is not supported", n.Name), "")
		return
	}
	c.step(line, n.Source, times, n.Args)
	if n.Name != "assign" {
		return
	}
	name, value, _ := strings.Cut(n.Args, "=")
	name = strings.TrimSpace(name)
	c.expression(line, n.Source, value)
	c.declare(line, n.Source, name)
}

func (c *checker) block(n *render.BlockNode, times, depth int) {
	line := n.SourceLoc.LineNo
	if !tagNames[n.Name] {
		c.fault(line, n.Source, fmt.Sprintf("the tag %q is not supported", n.Name), "")
		return
	}
	c.step(line, n.Source, times, n.Args)
	if n.Name != "for" {
		if n.Name != "else" {
			c.expression(line, n.Source, n.Args)
		}
		c.walk(n.Body, times, depth)
		for _, clause := range n.Clauses {
			c.block(clause, times, depth)
		}
		return
	}

	if depth++; depth > maxDepth {
		c.fault(line, n.Source, fmt.Sprintf("loops more than %d deep", maxDepth), "")
		return
	}
	head := loopHead.FindStringSubmatch(n.Args)
	if head == nil {
		c.fault(line, n.Source, "a loop is written `for x in (1..10)`", "")
		return
	}
	name := head[1]
	turns, list := c.loop(line, n.Source, strings.TrimSpace(head[2]))
	c.expression(line, n.Source, list)
	had, hadLoop := c.locals[name], c.locals["forloop"]
	c.declare(line, n.Source, name)
	c.locals["forloop"] = true
	c.walk(n.Body, times*turns, depth)
	c.locals[name], c.locals["forloop"] = had, hadLoop
	for _, clause := range n.Clauses {
		c.block(clause, times, depth)
	}
}

var loopHead = regexp.MustCompile(`(?s)^\s*([\pL_][\pL\pN\pM_-]*\??)\s+in\b(.*)$`)

var literalRange = regexp.MustCompile(`^\(\s*(-?\d{1,9})\s*\.\.\s*(-?\d{1,9})\s*\)`)

// loop returns the most turns a loop can take and what of its head is left to
// check. A range must be written in figures: then its length is known here.
func (c *checker) loop(line int, src, list string) (turns int, rest string) {
	if m := literalRange.FindStringSubmatch(list); m != nil {
		var from, to int
		fmt.Sscan(m[1], &from) // nine digits always scan
		fmt.Sscan(m[2], &to)
		if n := to - from + 1; n < 1 || n > maxRange {
			c.fault(line, src, fmt.Sprintf("the range %s has %d numbers", m[0], max(n, 0)), fmt.Sprintf("1 to %d are possible", maxRange))
		}
		return min(max(to-from+1, 1), maxRange), list[len(m[0]):]
	}
	return maxItems, list
}

func (c *checker) declare(line int, src, name string) {
	switch {
	case name == "forloop" || reserved(name):
		c.fault(line, src, fmt.Sprintf("the name %q is taken", name), "choose another name")
	case name != "":
		c.locals[name] = true
	}
}

// reserved says whether name is the first word of a declared field.
func reserved(name string) bool {
	for f := range fields {
		if root, _, _ := strings.Cut(f, "."); root == name {
			return true
		}
	}
	return false
}

func (c *checker) step(line int, src string, times int, args string) {
	c.steps += times * (1 + strings.Count(args, "|"))
	if c.steps > maxSteps && !c.full {
		c.full = true
		c.fault(line, src, fmt.Sprintf("up to here the template can take more than %d steps", maxSteps), "use shorter loops")
	}
}

func (c *checker) textNode(n *render.TextNode) {
	for _, open := range []string{"{{", "{%"} {
		if i := strings.Index(n.Source, open); i >= 0 {
			line := n.SourceLoc.LineNo + strings.Count(n.Source[:i], "\n")
			c.fault(line, open, fmt.Sprintf("%q is not closed on its line", open), "")
		}
	}
	if c.html {
		if at := script.FindStringIndex(n.Source); at != nil {
			line := n.SourceLoc.LineNo + strings.Count(n.Source[:at[0]], "\n")
			c.fault(line, n.Source[at[0]:at[1]], "a script: mail programs refuse it", "leave it out")
		}
		if i := strings.LastIndexAny(n.Source, "<>"); i >= 0 {
			c.inside = ""
			if n.Source[i] == '<' {
				c.inside = n.Source[i:]
			}
		} else if c.inside != "" {
			c.inside += n.Source
		}
	}
}

var rawTag = regexp.MustCompile(`\{%-?\s*raw\b`)

var script = regexp.MustCompile(`(?i)<script\b`)

// linkAttributes are those whose value a program follows or runs.
var linkAttributes = set("href", "src", "srcset", "action", "formaction", "background", "poster", "style")

// place refuses a value where escaping alone does not make it harmless: a name
// of `javascript:…` in a link, an attribute without quotes.
func (c *checker) place(n *render.ObjectNode, toks []token) {
	if c.inside == "" {
		return
	}
	attribute, quoted := openAttribute(c.inside)
	c.inside += "x" // something stands here
	line := n.SourceLoc.LineNo
	switch {
	case !quoted:
		c.fault(line, n.Source, "a value without quotes around it, inside an HTML tag", `write title="{{ … }}"`)
	case strings.TrimSpace(n.Args) == "unsubscribe_url":
	case (linkAttributes[attribute] || strings.HasPrefix(attribute, "on")) && !encoded(toks):
		c.fault(line, n.Source, "a value inside a link, a style or a script", "end it with `| url_encode`")
	}
}

// openAttribute reads an HTML tag that is cut off at its end and returns the
// attribute in whose value it was cut; quoted is false when it was cut anywhere
// but inside quotes.
func openAttribute(tag string) (name string, quoted bool) {
	rest := strings.TrimLeft(tag, "</")
	rest = strings.TrimLeftFunc(rest, func(r rune) bool { return !unicode.IsSpace(r) }) // the element
	for {
		rest = strings.TrimLeft(rest, " \t\r\n/")
		i := strings.IndexAny(rest, "= \t\r\n")
		if i < 0 {
			return "", false
		}
		name, rest = strings.ToLower(rest[:i]), strings.TrimLeft(rest[i:], " \t\r\n")
		if !strings.HasPrefix(rest, "=") {
			continue
		}
		rest = strings.TrimLeft(rest[1:], " \t\r\n")
		if rest == "" {
			return name, false
		}
		end := " \t\r\n"
		if quoted = rest[0] == '"' || rest[0] == '\''; quoted {
			end, rest = rest[:1], rest[1:]
		}
		if i = strings.IndexAny(rest, end); i < 0 {
			return name, quoted
		}
		rest = rest[i+1:]
	}
}

// encoded says whether url_encode is the last filter.
func encoded(toks []token) bool {
	n := len(toks)
	return n >= 2 && toks[n-2].text == "|" && toks[n-1].text == "url_encode"
}

// fault records a fault at src on line, or at the start of the line.
func (c *checker) fault(line int, src, message, hint string) {
	d := source.Diagnostic{File: c.file, Line: max(line, 1), Column: 1, Message: message, Hint: hint}
	lines := strings.SplitAfterN(c.text, "\n", d.Line+1)
	if src != "" && d.Line <= len(lines) {
		first, _, _ := strings.Cut(src, "\n")
		if i := strings.Index(lines[d.Line-1], first); i >= 0 {
			d.Column = 1 + len([]rune(lines[d.Line-1][:i]))
		}
	}
	c.faults = append(c.faults, d)
}
