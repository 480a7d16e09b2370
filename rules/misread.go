package rules

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/file"
)

// keyword is a word of the language that was written in other letters; empty for
// none, and for one that was written right.
func keyword(word string) string {
	for _, k := range []string{"and", "or", "not", "in", "contains", "startsWith", "endsWith", "true", "false"} {
		if strings.EqualFold(k, word) {
			if k == word && k != "contains" && k != "startsWith" && k != "endsWith" {
				return ""
			}
			return k
		}
	}
	return ""
}

var (
	wordBefore  = regexp.MustCompile(`([\p{L}_][\p{L}\p{N}_]*)\s*$`)
	signBefore  = regexp.MustCompile(`(and|or|not|in|contains|startsWith|endsWith|[-+*/<>=!,(\[&|])\s*$`)
	betweenTwo  = regexp.MustCompile(`(?i)([\p{L}_][\p{L}\p{N}_.]*(?:\([^()]*\)[\p{L}\p{N}_.]*)*)\s+between\s+("[^"]*"|[-\p{N}.]+)\s+and\s+("[^"]*"|[-\p{N}.]+)`)
	numberRun   = regexp.MustCompile(`^[0-9.,_]+`)
	numberGroup = regexp.MustCompile(`^\d{1,3}([,.])\d{3}(?:[,.]\d{3})*(?:([,.])\d{1,2})?$`)
	spacedRun   = regexp.MustCompile(`\d{1,3}(?:[ \x{a0}\x{202f}]\d{3})+$`)
	badNumber   = regexp.MustCompile(`^bad number syntax`)
)

// misread tells what a person most likely meant where expr's parser met something
// that it could not use; ok is false where nobody can tell.
func misread(text []rune, err *file.Error) (f Fault, ok bool) {
	at := max(0, min(err.From, len(text)))
	s := &stop{text: text, at: at, before: string(text[:at]), after: string(text[at:])}
	if badNumber.MatchString(err.Message) {
		from := len([]rune(strings.TrimRight(s.before, "0123456789.")))
		if run := numberRun.FindString(string(text[from:])); run != "" {
			return s.fault(from, "write the number alone: "+run, "this is not a number")
		}
		return f, false
	}
	if m := unrecognized.FindStringSubmatch(err.Message); m != nil && strings.Contains("£€¥￥₹₽", m[1]) {
		return s.currency(m[1])
	}
	m := unexpected.FindStringSubmatch(err.Message)
	if m == nil {
		return f, false
	}
	s.kind, s.token = m[1], m[2]
	for _, read := range []func(*stop) (Fault, bool){(*stop).word, (*stop).besideNumber, (*stop).sign} {
		if f, ok := read(s); ok {
			return f, true
		}
	}
	return f, false
}

// stop is where the parser stopped.
type stop struct {
	text          []rune
	at            int
	before, after string
	kind, token   string // of what stands there, Identifier or Operator; empty: no part of the language
}

func (s *stop) fault(offset int, hint, format string, args ...any) (Fault, bool) {
	return faultAt(s.text, offset, fmt.Sprintf(format, args...), hint), true
}

// here is a fault of the token.
func (s *stop) here(hint string) (Fault, bool) {
	return s.fault(s.at, hint, "%q cannot stand here", s.token)
}

// currency is a sign before or behind an amount.
func (s *stop) currency(sign string) (Fault, bool) {
	amount := strings.TrimRight(s.before, " ")
	run := amount[len(strings.TrimRight(amount, "0123456789.,")):]
	if run == "" {
		run = numberRun.FindString(strings.TrimLeft(s.after[strings.Index(s.after, sign)+len(sign):], " "))
	}
	hint := "write the number alone"
	if run != "" {
		hint += ": " + ungrouped(run)
	}
	return s.fault(s.at, hint, "the character %s cannot stand here", sign)
}

// word is one of another language, or of ours in other letters.
func (s *stop) word() (f Fault, ok bool) {
	if last := wordBefore.FindStringSubmatchIndex(s.before); last != nil {
		if word := s.before[last[2]:last[3]]; keyword(word) == "not" {
			return s.fault(len([]rune(s.before[:last[2]])), `write "not"`, "%q cannot stand here", word)
		}
	}
	if s.kind != "Identifier" {
		return f, false
	}
	switch {
	case strings.EqualFold(s.token, "between"):
		hint := "write 2 <= x <= 5"
		if b := betweenTwo.FindStringSubmatch(string(s.text)); b != nil {
			hint = fmt.Sprintf("write %s <= %s <= %s", b[2], b[1], b[3])
			if b[2][0] == '"' { // dates, which have no chain
				hint = fmt.Sprintf("write %s >= %s and %[1]s <= %[3]s", b[1], b[2], b[3])
			}
		}
		return s.here(hint)
	case strings.EqualFold(s.token, "like"):
		return s.here("write contains, startsWith or endsWith")
	case keyword(s.token) != "":
		return s.here(fmt.Sprintf("write %q", keyword(s.token)))
	case s.token == "true" || s.token == "false" || beginsPart.MatchString(s.after):
		return s.here(`join conditions with "and" or "or"`)
	}
	return f, false
}

// besideNumber is what belongs to no number: a unit, or what parts its digits.
func (s *stop) besideNumber() (f Fault, ok bool) {
	if code := currencyCode.FindStringIndex(s.before); s.kind == "Number" && code != nil {
		return s.fault(len([]rune(s.before[:code[0]])), "write the number alone: "+ungrouped(numberRun.FindString(s.after)), "%q cannot stand here", s.before[code[0]:code[0]+3])
	}
	number := strings.TrimRight(s.before, " ")
	whole := strings.TrimRight(number, "0123456789.,_")
	run := number[len(whole):]
	if run == "" || wordEnd.MatchString(whole) { // the digits of a name
		return f, false
	}
	digits := len(s.after) > 1 && s.after[1] >= '0' && s.after[1] <= '9'
	switch {
	case s.kind == "Identifier" && s.token != "is":
		return s.here(unitHint(ungrouped(run), s.token))
	case s.kind == "Number" && len(number) < len(s.before):
		if all := spacedRun.FindString(number + " " + numberRun.FindString(s.after)); all != "" {
			return s.fault(s.at, "write "+strings.Join(strings.Fields(all), ""), "a number has no spaces in it")
		}
	case s.kind == "Number", s.token == "," && digits:
		written := numberRun.FindString(string(s.text[len([]rune(whole)):]))
		return s.fault(s.at, "write "+ungrouped(written), "%q cannot stand within a number", s.token[:1])
	}
	return f, false
}

// sign is a bracket or an operator.
func (s *stop) sign() (f Fault, ok bool) {
	switch {
	case (s.token == ")" || s.token == "]") && opened(s.before, s.token):
		return s.here("a value is missing before it")
	case s.token == ")" || s.token == "]":
		return s.fault(s.at, "take it away, or open it before", "nothing is opened that this %q would close", s.token)
	case strings.HasPrefix(s.after, "=>"), strings.HasPrefix(s.after, "=<"):
		return s.fault(s.at, fmt.Sprintf("write %q", s.after[1:2]+"="), "%q cannot stand here", s.after[:2])
	case s.token == ">" && strings.HasSuffix(s.before, "<"):
		return s.fault(s.at-1, `write "!="`, `"<>" cannot stand here`)
	case s.kind != "Operator":
		return f, false
	case s.token == "and" || s.token == "or" || s.token == "&&" || s.token == "||":
		return s.here("a condition is missing before it")
	case s.token != "=" && s.token != "&" && signBefore.MatchString(s.before):
		return s.here("a value is missing before it")
	}
	return f, false
}

var (
	wordEnd      = regexp.MustCompile(`[\p{L}_]$`)
	beginsPart   = regexp.MustCompile(`^[a-z_]+[.(]`) // of a member or a function
	currencyCode = regexp.MustCompile(`\b[A-Z]{3}\s*$`)
)

// unitHint says what to write instead of a number with a word after it.
func unitHint(number, word string) string {
	n, err := strconv.Atoi(number)
	if days := map[string]int{"d": 1, "w": 7}[spanWords[strings.ToLower(word)]]; days > 0 && err == nil {
		if days == 1 {
			return "write the number alone: " + number
		}
		return fmt.Sprintf("write the number alone, of days: %d", n*days)
	}
	switch spanWords[strings.ToLower(word)] {
	case "":
		return "write the number alone: " + number
	case "mo":
		if err == nil {
			return fmt.Sprintf("write the number alone, of days: %d or so", n*30)
		}
	case "y":
		if err == nil {
			return fmt.Sprintf("write the number alone, of days: %d", n*365)
		}
	}
	return "write the number alone, in what the field counts"
}

// ungrouped is a number without what parts its thousands, and with a point before
// its decimals.
func ungrouped(run string) string {
	run = strings.TrimRight(run, ".,")
	if m := numberGroup.FindStringSubmatch(run); m != nil && m[2] != m[1] && (m[1] == "," || strings.Count(run, ".") > 1 || m[2] != "") {
		return strings.Replace(strings.ReplaceAll(run, m[1], ""), ",", ".", 1)
	}
	if strings.Count(run, ",") == 1 && !strings.Contains(run, ".") {
		return strings.Replace(run, ",", ".", 1)
	}
	return strings.ReplaceAll(strings.ReplaceAll(run, ",", ""), "_", "")
}

// opened says that before a closing bracket there is one that it closes.
func opened(before, closing string) bool {
	opening := map[string]rune{")": '(', "]": '['}[closing]
	depth := 0
	var quote rune
	skip := false
	for _, r := range before {
		switch {
		case skip:
			skip = false
		case quote != 0:
			if r == '\\' && quote != '`' {
				skip = true
			} else if r == quote {
				quote = 0
			}
		case r == '"' || r == '\'' || r == '`':
			quote = r
		case r == opening:
			depth++
		case string(r) == closing:
			depth--
		}
	}
	return depth > 0
}
