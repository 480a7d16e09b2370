package track

import "net/http"

// view is one of the pages a link can lead to.
type view string

const (
	ask     view = "ask"     // do you want to?
	done    view = "done"    // it is done
	foreign view = "foreign" // the link is not ours or was cut
	unknown view = "unknown" // the link is ours and what it means is forgotten
	later   view = "later"   // it could not be done now
	test    view = "test"    // the link of a test message
)

// Words is the catalogue of one language.
type Words struct {
	Language string // BCP 47
	Button   string
	Views    map[view]Text
}

// Text is what a page says.
type Text struct{ Title, Message string }

var english = Words{
	Language: "en",
	Button:   "Unsubscribe",
	Views: map[view]Text{
		ask:     {"Unsubscribe?", "You will get no more messages of this kind from us."},
		done:    {"You are unsubscribed", "You will get no more messages of this kind from us. You can close this page."},
		foreign: {"This link does not work", "It is not one of ours, or a part of it is missing. Please open it from the message again."},
		unknown: {"This link is too old", "We do not know the message any more. Please use the link in a newer one, or write to us."},
		test:    {"This is a test", "The link works. It came in a test message, so there is nobody to unsubscribe and nothing was changed."},
		later:   {"Not done yet", "We could not do this just now. Please try again in a minute."},
	},
}

// wordsFor chooses the catalogue for a request. There is one so far.
func wordsFor(*http.Request) Words { return english }
