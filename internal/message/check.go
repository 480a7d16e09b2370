package message

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/osteele/liquid"
	"github.com/osteele/liquid/render"

	"github.com/rewave/rewave/internal/source"
)

// Ceilings of the work one part may cause, known before it runs.
const (
	maxDepth      = 2
	maxRange      = 100
	maxSteps      = 10_000
	maxNodes      = 1_000 // tags and places of a file
	maxExpression = 1 << 10
	maxWords      = 100 // of an expression
	maxBrackets   = 10  // of an expression, one in another
	maxFaults     = 100 // of a file that are told at once
	maxOpen       = 4 << 10
)

// checker finds what is wrong with one file by walking the library's own parse
// of it, so that it judges exactly what would run.
type checker struct {
	file, text string
	html       bool
	scope      *scope
	template   *Template // learns which fields are read
	faults     source.List
	lines      []string // of text, when first asked for

	locals map[string]bool // assigned names and the variables of open loops
	inside string          // HTML text since the last "<", when a tag is open
	steps  int
	full   bool            // the steps fault was reported
	kinds  map[string]kind // what fields of no known kind are used as
}

// compile parses the file; the template is nil if it does not parse. Faults end
// up in c.faults.
func (c *checker) compile(e *liquid.Engine) (tpl *liquid.Template) {
	c.scope.guesses.work = 0
	if len(c.text) > maxSource {
		c.fault(1, "", fmt.Sprintf("is longer than %d KiB", maxSource>>10), "")
		return nil
	}
	if !c.readable() {
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

// readable looks at the text alone, before the library does: its parser takes
// half a second for some files of 64 KiB.
func (c *checker) readable() bool {
	if strings.Contains(c.text, Sentinel) {
		c.fault(1, "", "holds the place of a coupon's code", "print {{ coupon.code }}")
		return false
	}
	found := liquidToken.FindAllStringSubmatchIndex(c.text, maxNodes+1)
	if len(found) > maxNodes {
		c.fault(1, "", fmt.Sprintf("has more than %d tags and places", maxNodes), "")
		return false
	}
	ok := true
	for _, m := range found {
		inside, name := c.text[m[0]+2:m[1]-2], ""
		if m[4] >= 0 {
			name = c.text[m[4]:m[5]]
		}
		if what := unreadable(inside, name); what != "" {
			ok = false
			c.fault(1+strings.Count(c.text[:m[0]], "\n"), c.text[m[0]:min(m[0]+20, m[1])], what, "")
		} else if r := wideSign(inside); r != 0 {
			ok = false
			_, plain := source.Narrow(string(r))
			c.fault(1+strings.Count(c.text[:m[0]], "\n"), c.text[m[0]:m[1]],
				source.WideName(r)+" stands where the language has its own", "write "+plain)
		}
	}
	if c.scope.checking {
		c.foreign(found)
	}
	return ok
}

// liquidToken finds what the library's scanner finds.
var liquidToken = regexp.MustCompile(`\{\{-?\s*(.+?)\s*-?\}\}|\{%-?\s*(\w+)(?:\s+((?:[^%]|%[^}])+?))?\s*-?%\}`)

// unreadable says what is wrong with the inside of a place, or of a tag with a
// name, or "".
func unreadable(inside, name string) string {
	switch {
	case len(inside) > maxExpression:
		return fmt.Sprintf("is longer than %d KiB", maxExpression>>10)
	case brackets(inside) > maxBrackets:
		return fmt.Sprintf("has brackets more than %d deep", maxBrackets)
	case name == "raw":
		return `the tag "raw" is not supported`
	}
	return ""
}

// brackets is how deep they stand in one another.
func brackets(s string) int {
	depth, most := 0, 0
	for i := range len(s) {
		switch s[i] {
		case '(', '[':
			depth++
			most = max(most, depth)
		case ')', ']':
			depth--
		}
	}
	return most
}

// walk visits nodes that run at most times times, depth loops deep.
func (c *checker) walk(nodes []render.Node, times, depth int) {
	for _, n := range nodes {
		if c.told() {
			return
		}
		switch n := n.(type) {
		case *render.SeqNode:
			c.walk(n.Children, times, depth)
		case *render.TextNode:
			c.textNode(n)
		case *render.ObjectNode:
			toks := c.expression(n.SourceLoc.LineNo, n.Source, n.Args, times)
			c.printed(n, toks)
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
	if n.Name != "assign" {
		c.step(line, n.Source, times)
		return
	}
	name, value, _ := strings.Cut(n.Args, "=")
	name = strings.TrimSpace(name)
	c.alone(line, n.Source, c.expression(line, n.Source, value, times), false)
	c.declare(line, n.Source, name)
}

func (c *checker) block(n *render.BlockNode, times, depth int) {
	line := n.SourceLoc.LineNo
	if !tagNames[n.Name] {
		c.fault(line, n.Source, fmt.Sprintf("the tag %q is not supported", n.Name), "")
		return
	}
	if n.Name != "for" {
		c.step(line, n.Source, times)
		if n.Name != "else" {
			c.alone(line, n.Source, c.expression(line, n.Source, n.Args, times), true)
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
	c.alone(line, n.Source, c.expression(line, n.Source, list, times), false)
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

func (c *checker) step(line int, src string, steps int) {
	c.steps += steps
	if c.steps > maxSteps && !c.full {
		c.full = true
		c.fault(line, src, fmt.Sprintf("up to here the template can take more than %d steps", maxSteps), "use shorter loops, or fewer filters in them")
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
			c.grow(n.SourceLoc.LineNo, n.Source)
		}
	}
}

var script = regexp.MustCompile(`(?i)<script\b`)

// faultAt records a fault at a byte of the text.
func (c *checker) faultAt(at int, message, hint string) {
	if c.told() {
		return
	}
	begin := strings.LastIndexByte(c.text[:at], '\n') + 1
	c.faults = append(c.faults, source.Diagnostic{File: c.file, Line: 1 + strings.Count(c.text[:at], "\n"),
		Column: 1 + len([]rune(c.text[begin:at])), Message: message, Hint: hint})
}

// told says that no other fault of this file will be told.
func (c *checker) told() bool { return len(c.faults) >= maxFaults }

// fault records a fault at src on line, or at the start of the line.
func (c *checker) fault(line int, src, message, hint string) {
	if c.told() {
		return
	}
	d := source.Diagnostic{File: c.file, Line: max(line, 1), Column: 1, Message: message, Hint: hint}
	if c.lines == nil {
		c.lines = strings.Split(c.text, "\n")
	}
	if src != "" && d.Line <= len(c.lines) {
		first, _, _ := strings.Cut(src, "\n")
		if i := strings.Index(c.lines[d.Line-1], first); i >= 0 {
			d.Column = 1 + len([]rune(c.lines[d.Line-1][:i]))
		}
	}
	c.faults = append(c.faults, d)
}
