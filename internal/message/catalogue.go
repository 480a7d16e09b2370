package message

import "strings"

// filter is a row of the catalogue: what may stand behind a `|`.
type filter struct {
	name    string
	says    string
	example string // an expression, executed by the tests with EUR and English
	gives   string
	cost    int // steps of one use at its longest, see maxSteps
}

// What a filter costs that looks at a number, at a whole text, at a whole list.
const (
	cheap  = 2
	wordy  = 20
	listed = 50
)

// catalogue is every filter a template may use. What is left out grows without
// a bound (concat), reads the clock, undoes the escaping (safe), shows Go's
// insides (inspect, json, type) or has no list to work on yet (map, where, sum).
var catalogue = []filter{
	{"default", "the second where the first is unknown or empty", `customer.first_name | default: "customer"`, "Zoë", cheap},
	{"money", "an amount in the shop's currency, as the language of the text writes it; or in another: `money: \"USD\"`", `1234.5 | money`, "€1,234.50", 10},
	{"date", "a day in the language of the text, by strftime: `" + directives + "`; an instant in the shop's zone, or in one named after the format", `"2026-03-02" | date: "%A, %-d %B"`, "Monday, 2 March", 10},
	{"phone", "a number that begins with + in groups", `"+4930123456" | phone`, "+49 301 234 56", wordy},
	{"url_encode", "a value as a part of a link", `"a b&c" | url_encode`, "a+b%26c", wordy},
	{"pluralize", "one of two words for a number", `3 | pluralize: "order", "orders"`, "orders", cheap},
	{"plus", "a sum", `1 | plus: 2.5`, "3.5", cheap},
	{"minus", "a difference", `5 | minus: 2`, "3", cheap},
	{"times", "a product", `5 | times: 2`, "10", cheap},
	{"divided_by", "a quotient; of whole numbers, a whole one", `7 | divided_by: 2`, "3", cheap},
	{"modulo", "what a division leaves", `7 | modulo: 4`, "3", cheap},
	{"round", "rounded, to so many places", `2.347 | round: 2`, "2.35", cheap},
	{"floor", "rounded down", `2.9 | floor`, "2", cheap},
	{"ceil", "rounded up", `2.1 | ceil`, "3", cheap},
	{"abs", "without its sign", `-2 | abs`, "2", cheap},
	{"at_least", "no less than", `3 | at_least: 5`, "5", cheap},
	{"at_most", "no more than", `9 | at_most: 5`, "5", cheap},
	{"append", "with a text behind", `"a" | append: "b"`, "ab", wordy},
	{"prepend", "with a text in front", `"a" | prepend: "b"`, "ba", wordy},
	{"replace", "every such part as another", `"a-b-c" | replace: "-", "+"`, "a+b+c", wordy},
	{"replace_first", "the first such part as another", `"a-b-c" | replace_first: "-", "+"`, "a+b-c", wordy},
	{"remove", "without every such part", `"a-b-c" | remove: "-"`, "abc", wordy},
	{"remove_first", "without the first such part", `"a-b-c" | remove_first: "-"`, "ab-c", wordy},
	{"slice", "a part, from a place on (0 is the first, -1 the last), so long", `"abcdef" | slice: 1, 3`, "bcd", wordy},
	{"truncate", "no longer than, with an ellipsis", `"a long text" | truncate: 9`, "a long...", wordy},
	{"size", "how long a text or a list is", `"abc" | size`, "3", wordy},
	{"upcase", "in capitals", `"abc" | upcase`, "ABC", 2 * wordy},
	{"downcase", "in small letters", `"ABC" | downcase`, "abc", 2 * wordy},
	{"capitalize", "the first letter a capital, the others small", `"aBC" | capitalize`, "Abc", 3 * wordy},
	{"strip", "without white space at either end", `" a " | strip`, "a", wordy},
	{"lstrip", "without white space in front", `" a" | lstrip`, "a", wordy},
	{"rstrip", "without white space behind", `"a " | rstrip`, "a", wordy},
	{"strip_newlines", "on one line", `"abc" | strip_newlines`, "abc", wordy},
	{"split", "a list of the parts between", `"a,b" | split: "," | last`, "b", wordy},
	{"join", "a list as a text", `"a,b" | split: "," | join: " and "`, "a and b", listed},
	{"first", "the first of a list", `"a,b" | split: "," | first`, "a", listed},
	{"last", "the last of a list", `"a,b" | split: "," | last`, "b", listed},
	{"reverse", "a list backwards", `"a,b" | split: "," | reverse | join`, "b a", listed},
	{"sort", "a list in order", `"b,a" | split: "," | sort | join`, "a b", 4 * listed},
	{"uniq", "a list without repetitions", `"a,b,a" | split: "," | uniq | join`, "a b", listed},
}

var byFilter = func() map[string]filter {
	m := make(map[string]filter, len(catalogue))
	for _, f := range catalogue {
		m[f.name] = f
	}
	return m
}()

var filterNames = func() map[string]bool {
	m := make(map[string]bool, len(catalogue))
	for _, f := range catalogue {
		m[f.name] = true
	}
	return m
}()

// elsewhere is what other template languages call our filters.
var elsewhere = map[string]string{
	"upper": "upcase", "uppercase": "upcase", "toupper": "upcase", "to_upper": "upcase", "caps": "upcase",
	"lower": "downcase", "lowercase": "downcase", "tolower": "downcase", "to_lower": "downcase",
	"title": "capitalize", "titlecase": "capitalize", "ucfirst": "capitalize", "capfirst": "capitalize",
	"trim": "strip", "ltrim": "lstrip", "rtrim": "rstrip", "length": "size", "len": "size", "count": "size",
	"urlencode": "url_encode", "urlize": "url_encode", "escape_url": "url_encode", "cgi_escape": "url_encode",
	"add": "plus", "sum": "plus", "sub": "minus", "subtract": "minus", "mul": "times", "multiply": "times", "multiplied_by": "times",
	"div": "divided_by", "divide": "divided_by", "mod": "modulo", "max": "at_least", "min": "at_most",
	"currency": "money", "format_currency": "money", "price": "money", "money_with_currency": "money",
	"strftime": "date", "format_date": "date", "date_format": "date", "localdate": "date",
	"phone_number": "phone", "format_phone": "phone", "substr": "slice", "substring": "slice", "truncatechars": "truncate",
	"plural": "pluralize", "ifempty": "default", "fallback": "default", "default_if_none": "default", "concat": "append",
	"unique": "uniq", "sorted": "sort", "reversed": "reverse", "int": "floor", "explode": "split", "implode": "join",
}

// suggestFilter is the filter that was probably meant, or "".
func suggestFilter(name string) string {
	if meant := elsewhere[strings.ToLower(name)]; meant != "" {
		return meant
	}
	return nearest(strings.ToLower(name), filterNames)
}
