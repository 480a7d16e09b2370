package holdout

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"strings"
)

// Arm is the branch a customer was assigned to. The words are stored and never
// change.
type Arm string

const (
	Treat      Arm = "treat"       // contacted
	Hold       Arm = "hold"        // held out of one campaign
	GlobalHold Arm = "global_hold" // held out of everything, and no part of any campaign's comparison
)

// U is the number in [0,1) that layer and key stand for: always the same for the
// same bytes, uniform over keys, independent between layers.
func U(layer, key string) float64 {
	sum := sha256.Sum256([]byte("rt1|" + layer + "|" + key))
	return float64(binary.BigEndian.Uint64(sum[:8])>>11) / (1 << 53)
}

// Assign holds out the customer iff u < share, and returns u to be stored beside
// the arm. Below the share the arm is GlobalHold on a global layer and Hold on
// any other; otherwise it is Treat. Share 0 holds out nobody, Whole everybody.
func Assign(share Share, layer, key string) (Arm, float64) {
	u := U(layer, key)
	switch {
	case u >= share.Float():
		return Treat, u
	case strings.HasPrefix(layer, "g|"):
		return GlobalHold, u
	default:
		return Hold, u
	}
}

// Split returns the index of the branch that key falls into: the first whose
// share, added to those before it, lies above u. The shares must add up to
// Whole; there must be one.
func Split(shares []Share, layer, key string) int {
	u := U(layer, key)
	var below Share
	for i, share := range shares {
		if below += share; u < below.Float() {
			return i
		}
	}
	panic("holdout: shares that do not add up to the whole were not refused")
}

// GlobalLayer is the salt of the global holdout in one epoch.
func GlobalLayer(epoch string) string {
	return "g|" + id(epoch)
}

// CampaignLayer is the salt of a campaign's own holdout. Entry is 0 where
// customers enter once only; where they may enter again it counts entries from
// 1, and each draws anew.
func CampaignLayer(campaign string, design, entry int) string {
	return "c|" + id(campaign) + "|" + number(design) + optional("c", entry)
}

// VariantLayer is the salt by which treated customers are split over a wave's
// variants. It has no round: who gets which variant is sticky over rounds.
// Entry as in CampaignLayer.
func VariantLayer(campaign string, design, entry int, wave string) string {
	return "v|" + id(campaign) + "|" + number(design) + optional("c", entry) + "|w" + id(wave)
}

// SkipLayer is the salt of one wave's skip, drawn anew in every round. Wave is
// its name in the file, never its ordinal; round counts from 1; entry as in
// CampaignLayer.
func SkipLayer(campaign string, design, entry, round int, wave string) string {
	return "w|" + id(campaign) + "|" + number(design) + optional("e", entry) +
		"|c" + number(round) + "|w" + id(wave)
}

// RampLayer is the salt by which customers are put into the steps of a wave's
// ramp, the same in every round. Entry as in CampaignLayer.
func RampLayer(campaign string, design, entry int, wave string) string {
	return "r|" + id(campaign) + "|" + number(design) + optional("c", entry) + "|w" + id(wave)
}

// ValidID reports whether s may stand in a layer: one or more of
// [A-Za-z0-9._-], so that no name can contain the separator.
func ValidID(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '_', c == '-':
		default:
			return false
		}
	}
	return s != ""
}

// id refuses a name that a parser should have refused: a salt that collides with
// another is worse than a stop, because nobody would ever see it.
func id(s string) string {
	if !ValidID(s) {
		panic("holdout: " + strconv.Quote(s) + " cannot stand in a layer; names are [A-Za-z0-9._-]")
	}
	return s
}

func number(n int) string {
	if n < 1 {
		panic("holdout: designs and rounds count from 1, got " + strconv.Itoa(n))
	}
	return strconv.Itoa(n)
}

// optional is "|c<e>", or nothing for entry 0.
func optional(prefix string, entry int) string {
	if entry == 0 {
		return ""
	}
	return "|" + prefix + number(entry)
}
