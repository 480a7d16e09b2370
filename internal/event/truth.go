package event

import "strings"

// truths are the words for yes and no in the languages that ship.
var truths = map[string]bool{
	"yes": true, "y": true, "true": true, "1": true, "ja": true, "j": true, "是": true,
	"no": false, "n": false, "false": false, "0": false, "nein": false, "否": false,
}

// TruthWords says to a person which words ReadTruth knows.
const TruthWords = "yes, y, true, 1, ja, j, 是 or no, n, false, 0, nein, 否"

// ReadTruth reads yes or no in any letter case; ok is false for anything else.
func ReadTruth(text string) (yes, ok bool) {
	yes, ok = truths[strings.ToLower(text)]
	return yes, ok
}
