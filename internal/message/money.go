package message

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"golang.org/x/text/currency"
	"golang.org/x/text/language"
	print "golang.org/x/text/message"
	decimal "golang.org/x/text/number"

	"github.com/rewave/rewave/internal/calendar"
)

// tongue is how values are written in one part of one language's files.
type tongue struct {
	tag      language.Tag
	currency string
	zone     *time.Location
	zones    *calendar.Zones // those that a text names
	phone    bool            // a no-break space would make a text message dearer
}

// digits is how many decimals a currency has; 2 where it is not known.
func digits(code string) int {
	unit, err := currency.ParseISO(code)
	if err != nil || unit == (currency.Unit{}) || code == "XXX" {
		return 2
	}
	scale, _ := currency.Standard.Rounding(unit)
	return scale
}

var errAmount = errors.New("not an amount")

// money writes an amount as the language does: €20.00, 20,00 €, ¥20.00. nil
// stays nil, so that `default` and `if` can ask. The currency is the shop's, or
// a code.
func (l tongue) money(v any, code func(string) string) (any, error) {
	if v == nil {
		return nil, nil
	}
	n, err := amountOf(v)
	if err != nil {
		return nil, err
	}
	return amounts.find(written{l.tag, l.phone, code(l.currency), n}, l.amount)
}

// written is an amount in a language and a currency, in a text message or not.
type written struct {
	tag   language.Tag
	phone bool
	iso   string
	n     float64
}

// amounts are those written lately: a campaign says the same few thousands of
// times, and the tables of languages are slow.
var amounts = lately{texts: map[written]string{}}

type lately struct {
	sync.RWMutex
	texts map[written]string
}

func (l *lately) find(w written, write func(string, float64) (string, error)) (any, error) {
	l.RLock()
	text, ok := l.texts[w]
	l.RUnlock()
	if ok {
		return text, nil
	}
	text, err := write(w.iso, w.n)
	if err != nil {
		return nil, err
	}
	l.Lock()
	defer l.Unlock()
	if len(l.texts) >= 1000 {
		clear(l.texts)
	}
	l.texts[w] = text
	return text, nil
}

func (l tongue) amount(iso string, n float64) (string, error) {
	unit, err := currency.ParseISO(iso)
	if iso != "" && err != nil {
		return "", errors.New("no such currency")
	}
	scale := digits(iso)
	// Half to even at the decimals of the currency, as amounts are rounded elsewhere.
	n, err = strconv.ParseFloat(strconv.FormatFloat(n, 'f', scale, 64), 64)
	if err != nil {
		return "", errAmount
	}
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	p := print.NewPrinter(l.tag)
	out := p.Sprint(decimal.Decimal(n, decimal.Scale(scale)))
	if iso != "" && iso != "XXX" {
		// The wide yen sign of the tables stands for the plain one.
		symbol := strings.ReplaceAll(p.Sprint(currency.Symbol(unit)), "￥", "¥")
		out = l.join(symbol, out)
	}
	return l.spaced(sign + out), nil
}

// join puts the sign of a currency where the language has it. Languages not
// named here put it behind, which is what most do (Unicode CLDR, currency
// formats).
func (l tongue) join(symbol, amount string) string {
	base, _ := l.tag.Base()
	region, sure := l.tag.Region()
	before, space := false, false
	switch base.String() {
	case "en", "zh", "ja", "ko", "th", "hi", "tr":
		last := []rune(symbol)
		before, space = true, unicode.IsLetter(last[len(last)-1])
	case "nl":
		before, space = true, true
	case "pt":
		before, space = region.String() != "PT", true
	case "de":
		before, space = sure == language.Exact && (region.String() == "AT" || region.String() == "CH"), true
	default:
		space = true
	}
	switch {
	case !before:
		return amount + "\u00a0" + symbol
	case space:
		return symbol + "\u00a0" + amount
	}
	return symbol + amount
}

// spaced is s with the spaces that this part can afford.
func (l tongue) spaced(s string) string {
	if !l.phone {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch r {
		case '\u00a0', '\u202f':
			return ' '
		case '’':
			return '\'' // between thousands in Switzerland
		}
		return r
	}, s)
}

func amountOf(v any) (float64, error) {
	if s, ok := v.(string); ok {
		n, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
		if err != nil || strings.ContainsAny(s, "xXpP_iInN") {
			return 0, errAmount
		}
		v = n
	}
	n, err := toNumber(v)
	if err != nil || math.IsNaN(n) || math.Abs(n) > 1e15 {
		return 0, errAmount
	}
	return n, nil
}

// phone writes a number that begins with + in groups, the country's code first.
// What is no such number stays as it is: a reader can still dial it.
func phone(s string) string {
	number := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -./()", r) {
			return -1
		}
		return r
	}, s)
	rest, ok := strings.CutPrefix(number, "+")
	if !ok || len(rest) < 7 || len(rest) > 15 || strings.Trim(rest, "0123456789") != "" {
		return s
	}
	code := countryCode(rest)
	rest = rest[len(code):]
	sizes := []int{3}
	switch {
	case code == "1" && len(rest) == 10:
		sizes = []int{3, 3, 4}
	case code == "86" && len(rest) == 11:
		sizes = []int{3, 4, 4}
	}
	parts := []string{"+" + code}
	for i := 0; rest != ""; i++ {
		n := sizes[min(i, len(sizes)-1)]
		if len(rest) < n+2 { // no single digit at the end
			n = len(rest)
		}
		parts, rest = append(parts, rest[:n]), rest[n:]
	}
	return strings.Join(parts, " ")
}

// twoDigits are the country codes of two digits; 1 and 7 have one, all others
// three (ITU-T E.164, list of assigned codes).
const twoDigits = " 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98 "

func countryCode(number string) string {
	switch {
	case number[0] == '1', number[0] == '7':
		return number[:1]
	case strings.Contains(twoDigits, " "+number[:2]+" "):
		return number[:2]
	}
	return number[:3]
}
