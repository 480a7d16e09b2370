package evaluation

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Language is how sentences, numbers and dates are said. A further language is
// another value of it, with every key of English.
type Language struct {
	Tag       string // BCP 47
	sentences map[string]string
	thousands string
	date      func(time.Time) string
}

// English is the language the product is written in.
func English() Language {
	return Language{
		Tag:       "en",
		sentences: english,
		thousands: ",",
		date:      func(t time.Time) string { return t.Format("2 January 2006") },
	}.With(englishProgramme)
}

// With is the language with more sentences, for a room that has its own; keys
// must be new.
func (l Language) With(sentences map[string]string) Language {
	all := make(map[string]string, len(l.sentences)+len(sentences))
	for _, from := range []map[string]string{l.sentences, sentences} {
		for key, text := range from {
			if _, twice := all[key]; twice {
				panic("evaluation: sentence " + strconv.Quote(key) + " comes twice in " + l.Tag)
			}
			all[key] = text
		}
	}
	l.sentences = all
	return l
}

// Say is the sentence under key with its {names} filled in: args are pairs of
// name and value.
func (l Language) Say(key string, args ...string) string {
	pairs := make([]string, len(args))
	for i, arg := range args {
		if i%2 == 0 {
			arg = "{" + arg + "}"
		}
		pairs[i] = arg
	}
	text, ok := l.sentences[key]
	if !ok {
		panic("evaluation: no sentence " + strconv.Quote(key) + " in " + l.Tag)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// Has reports whether there is a sentence under key.
func (l Language) Has(key string) bool {
	_, ok := l.sentences[key]
	return ok
}

// SayCount is Say for a sentence about {count} things, in the form the language
// has for that number: the key with ".0" or ".1" if there is one, else the key.
func (l Language) SayCount(key string, n int64, args ...string) string {
	if form := key + "." + strconv.FormatInt(n, 10); l.sentences[form] != "" {
		key = form
	}
	return l.Say(key, append(args, "count", l.Count(n))...)
}

// Count is a whole number with its thousands apart: 8,880.
func (l Language) Count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + l.thousands + digits[i:]
	}
	return sign + digits
}

// Date is the day of t in zone: 14 June 2026.
func (l Language) Date(t time.Time, zone *time.Location) string {
	if zone == nil {
		zone = time.UTC
	}
	return l.date(t.In(zone))
}

// PerHundred is a share as customers of every hundred: 9.0.
func (l Language) PerHundred(share float64, decimals int) string {
	return positiveZero(strconv.FormatFloat(100*share, 'f', decimals, 64))
}

// Effect is a difference of shares per hundred, with its sign: +1.8, -0.1, 0.0.
func (l Language) Effect(share float64, decimals int) string {
	return plus(l.PerHundred(share, decimals))
}

// Mark is a lift to be reached: +2.1, or "less than 0.1" where it is smaller
// than what is shown.
func (l Language) Mark(share float64, decimals int) string {
	if text, ok := l.below(share, decimals); ok {
		return text
	}
	return l.Effect(share, decimals)
}

// below says that a share is smaller than the last digit shown.
func (l Language) below(share float64, decimals int) (string, bool) {
	unit := math.Pow10(-decimals)
	if !(share > 0 && 100*share < unit) {
		return "", false
	}
	return l.Say("below", "unit", strconv.FormatFloat(unit, 'f', decimals, 64)), true
}

// Percent is a relative lift: +25 %.
func (l Language) Percent(share float64) string {
	return plus(positiveZero(strconv.FormatFloat(100*share, 'f', 0, 64))) + " %"
}

// Money is an amount in the currency's unit: 21.90 GBP.
func (l Language) Money(amount float64, currency Currency) string {
	text := positiveZero(strconv.FormatFloat(amount, 'f', currency.Digits, 64))
	whole, fraction, _ := strings.Cut(text, ".")
	if n, err := strconv.ParseInt(whole, 10, 64); err == nil && n != 0 {
		whole = l.Count(n)
	}
	if fraction != "" {
		whole += "." + fraction
	}
	return strings.TrimSpace(whole + " " + currency.Code)
}

// MoneyEffect is a difference of amounts, with its sign: +0.43 GBP.
func (l Language) MoneyEffect(amount float64, currency Currency) string {
	text := l.Money(amount, currency)
	if strings.HasPrefix(text, "-") || !strings.ContainsAny(text, "123456789") {
		return text
	}
	return "+" + text
}

// Portion is a share of a group, with a digit more where it is small: 27 %,
// 0.6 %.
func (l Language) Portion(share float64) string {
	decimals := 0
	if share < 0.1 {
		decimals = 1
	}
	return l.PerHundred(share, decimals) + " %"
}

// Chance is a small probability as "1 in 15,800", to three digits.
func (l Language) Chance(p float64) string {
	if !(p > 1e-9) {
		return l.Say("chance.tiny")
	}
	odds := 1 / p
	unit := math.Pow(10, max(0, math.Floor(math.Log10(odds))-2))
	return l.Say("chance", "odds", l.Count(int64(math.Round(odds/unit)*unit)))
}

// About is a number of customers nobody should take to the last digit: two
// digits, rounded up.
func (l Language) About(n int64) string {
	unit := int64(1)
	for n/unit >= 100 {
		unit *= 10
	}
	return l.Count((n + unit - 1) / unit * unit)
}

// Decimals that a difference of this size needs to be told from 0.
func (l Language) Decimals(size float64) int {
	if size > 0 && size < 0.002 {
		return 2
	}
	return 1
}

func positiveZero(text string) string {
	if strings.Trim(text, "-0.") == "" {
		return strings.TrimPrefix(text, "-")
	}
	return text
}

func plus(text string) string {
	if strings.HasPrefix(text, "-") || strings.Trim(text, "0.") == "" {
		return text
	}
	return "+" + text
}
