package evaluation

// englishProgramme is what is said of all campaigns together.
var englishProgramme = map[string]string{
	"programme.bought": "Of every 100 customers whom the campaigns could reach, {treat} bought; of every 100 whom none may write to, {hold}. " +
		"All campaigns together changed that by {effect} (between {lo} and {hi}).",
	"programme.pays": "{bought} After messages and codes they earn {profit} per customer (between {profitLo} and {profitHi}), " +
		"{sum} in all (between {sumLo} and {sumHi}). The programme pays.",
	"programme.loses": "{bought} After messages and codes they cost {profit} per customer (between {profitLo} and {profitHi}), " +
		"{sum} in all (between {sumLo} and {sumHi}). The programme does not pay.",
	"programme.open": "{bought} After messages and codes that is {profit} per customer (between {profitLo} and {profitHi}). " +
		"We cannot yet say that the programme pays.",
	"programme.open.explain": "What was measured still agrees with anything from {sumLo} to {sumHi} in all.",
	"programme.open.next":    "Keep the epoch running: the range narrows as more customers are assigned and as more of their orders count.",
	"programme.skewed":       "{bought} A few customers decide what is said of profit, so we cannot say whether the programme pays.",
	"programme.pays.zero":    "{bought} The campaigns bring buyers; whether they pay is not known, as no margin is declared: the verdict is against 0.",
	"programme.loses.zero":   "{bought} The campaigns cost you buyers. The verdict is against 0, as no margin is declared.",
	"programme.open.zero":    "{bought} We cannot yet say that the campaigns bring buyers. The verdict is against 0, as no margin is declared.",
}
