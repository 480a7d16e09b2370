package message

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/osteele/liquid"
	"github.com/osteele/liquid/expressions"

	"github.com/rewave/rewave/internal/gsm"
)

// maxOutput is the ceiling of one rendered part.
const maxOutput = 256 << 10

var errOutput = fmt.Errorf("the message is longer than %d KiB", maxOutput>>10)

// maxSegments is the ceiling of one text message: more is a slip, and dear.
const maxSegments = 10

// Render writes the message for one customer. It changes nothing, may be called
// by many at once, and for the same bindings gives the same content. An error
// means that this message cannot be sent to this customer, now or later; it
// names file and line and holds no value of the bindings.
func Render(t *Template, b Bindings) (Content, error) {
	var c Content
	x := bound{template: t, bindings: &b}
	for i := range t.parts {
		if err := t.parts[i].into(&c, &x); err != nil {
			return Content{}, err
		}
	}
	return c, nil
}

// into writes the part to its place in c.
func (p *part) into(c *Content, x *bound) error {
	out, err := p.render(x)
	if err != nil {
		return err
	}
	empty := strings.TrimSpace(out) == ""
	switch p.name {
	case SubjectFile:
		// A new line can only come from the template's own text here.
		if c.Subject = out; !empty && plainLine(out) {
			return nil
		}
		if c.Subject = strings.Join(strings.Fields(strings.Map(flat, out)), " "); c.Subject == "" {
			return &renderError{file: p.file, cause: "the subject is empty"}
		}
	case TextFile:
		if c.Text = out; empty {
			return &renderError{file: p.file, cause: "the text is empty"}
		}
	case HTMLFile:
		c.HTML = out
	case SMSFile:
		if c.SMS = strings.TrimSpace(out); empty {
			return &renderError{file: p.file, cause: "the text message is empty"}
		}
		if l := gsm.Measure(c.SMS); l.Segments > maxSegments {
			return &renderError{file: p.file, cause: fmt.Sprintf("the text message takes %v: more than %d are not sent", l, maxSegments)}
		}
	}
	return nil
}

// plainLine says that a text is of ASCII words with single spaces between them.
func plainLine(s string) bool {
	before := byte(' ')
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' || s[i] == ' ' && before == ' ' {
			return false
		}
		before = s[i]
	}
	return before != ' '
}

func (p *part) render(x *bound) (out string, err error) {
	buf := buffers.Get().(*limited)
	defer buffers.Put(buf)
	// The library panics on some conversions; a template must never take the
	// worker down, it is that message's fault. What it says holds values, and Go.
	defer func() {
		if r := recover(); r != nil {
			out, err = "", &renderError{file: p.file, cause: "a filter stopped at a value that it cannot read"}
		}
	}()
	buf.Reset()
	put := puts[p.name]
	if p.straight != nil && p.straight.write(buf, x, put) {
		return buf.String(), nil
	}
	if err := x.bind(); err != nil {
		return "", err
	}
	if buf.Reset(); p.straight != nil && p.straight.write(buf, x, put) {
		return buf.String(), nil
	}
	buf.Reset()
	if serr := p.tpl.FRender(buf, x.vars); serr != nil {
		return "", &renderError{file: p.file, line: serr.LineNumber(), cause: plain(serr)}
	}
	return buf.String(), nil
}

// renderError is a fault found while rendering.
type renderError struct {
	file  string
	line  int // 0: of the whole
	cause string
}

func (e *renderError) Error() string {
	if e.line == 0 {
		return e.file + ": " + e.cause
	}
	return fmt.Sprintf("%s:%d: %s", e.file, e.line, e.cause)
}

var printsDate = regexp.MustCompile(`\{\{-?\s*([\pL_][\pL\pN_.-]*)\s*\|\s*date\b[^}]*\}\}`)

// shown is the cause of a fault of the part, with what to write where its line
// has the one place that it can be of.
func (p *part) shown(r *renderError) string {
	if !strings.Contains(r.cause, errNoDate.Error()) || r.line == 0 {
		return r.cause
	}
	lines := strings.Split(p.text, "\n")
	if places := printsDate.FindAllStringSubmatch(lines[min(r.line, len(lines))-1], -1); len(places) == 1 {
		return strings.Replace(r.cause, "put it inside {% if %}", fmt.Sprintf("write {%% if %s %%}%s{%% endif %%}", places[0][1], places[0][0]), 1)
	}
	return r.cause
}

// plain is what the library says, without its own "Liquid error (line 3): …
// in file", which is said better around it, and without the customer's value,
// which has no place in a log.
func plain(err liquid.SourceError) string {
	cause := err.Cause()
	if errors.Is(cause, errOutput) {
		return errOutput.Error()
	}
	var filter expressions.FilterError
	if errors.As(cause, &filter) {
		if m := conversion.FindStringSubmatch(filter.Err.Error()); m != nil {
			return fmt.Sprintf("filter %q: %s", filter.FilterName, converted(m))
		}
		return fmt.Sprintf("filter %q: %v", filter.FilterName, filter.Err)
	}
	s := err.Error()
	if m := conversion.FindStringSubmatch(s); m != nil {
		return converted(m)
	}
	if _, after, ok := strings.Cut(s, ": "); ok && strings.HasPrefix(s, "Liquid error") {
		s = after
	}
	if i := strings.LastIndex(s, " in "); i > 0 {
		s = s[:i]
	}
	return s
}

// conversion is the library's error for a value of the wrong kind; the value is
// printed in it.
var conversion = regexp.MustCompile(`(?s)can't convert (\w+)\(.*\) to type (\S+)`)

func converted(m []string) string {
	kinds := map[string]string{"string": "text", "int": "a number", "int64": "a number", "float64": "a number", "[]interface": "a list"}
	name := func(k string) string {
		if n, ok := kinds[k]; ok {
			return n
		}
		return "a " + k
	}
	return fmt.Sprintf("%s where %s is needed", name(m[1]), name(m[2]))
}

// limited is a buffer that refuses to grow past maxOutput.
type limited struct{ bytes.Buffer }

func (l *limited) Write(p []byte) (int, error) {
	if l.Len()+len(p) > maxOutput {
		return 0, errOutput
	}
	return l.Buffer.Write(p)
}

func (l *limited) WriteString(s string) (int, error) {
	if l.Len()+len(s) > maxOutput {
		return 0, errOutput
	}
	return l.Buffer.WriteString(s)
}

var buffers = sync.Pool{New: func() any { return new(limited) }}
