package customer

import (
	"strings"

	"github.com/rewave/rewave/internal/event"
)

// Names of the attributes that every shop may keep of a customer: a file of
// customers has a column for each, and they are dated as all attributes are.
const (
	Sex        = "sex"      // female, male or other
	Birthday   = "birthday" // a date
	Occupation = "occupation"
	Interests  = "interests" // sorted, divided by semicolons
	Source     = "source"    // how the customer came to the shop
)

// Attributes are these names and of what kind their values are, those of a shop
// that declares attributes of its own too.
var Attributes = map[string]event.Kind{Sex: event.Text, Birthday: event.Date, Occupation: event.Text, Interests: event.Text, Source: event.Text}

// sexes are the words for it in the languages that ship; those with an empty one
// say that it was not told.
var sexes = map[string]string{
	"female": "female", "f": "female", "woman": "female", "weiblich": "female", "w": "female", "frau": "female", "女": "female", "女性": "female", "女士": "female",
	"male": "male", "m": "male", "man": "male", "männlich": "male", "mann": "male", "herr": "male", "男": "male", "男性": "male", "先生": "male",
	"other": "other", "diverse": "other", "divers": "other", "d": "other", "x": "other", "其他": "other", "其它": "other",
	"unknown": "", "unbekannt": "", "keine angabe": "", "n/a": "", "未知": "", "保密": "",
}

// SexWords says to a person which words ReadSex knows.
const SexWords = "female, f, weiblich, w, 女, male, m, männlich, 男, other, divers, d, 其他; unknown, unbekannt, 未知, 保密"

// ReadSex reads female, male or other from a word in any letter case; empty is a
// word that says it is not told. ok is false for anything else.
func ReadSex(text string) (sex string, ok bool) {
	sex, ok = sexes[strings.ToLower(text)]
	return sex, ok
}
