// Package evaluation turns counts into a verdict: what the campaign changed, how
// sure that is, whether it pays, and when it must refuse to say.
//
// It sees sufficient statistics only: per arm, how many were assigned, how many
// have a window that is over, how many bought. Everyone assigned counts, reached
// or not, because those who open a message differ from those who do not whether
// or not it was sent. The holdout's rate is the natural rate: what would have
// been bought anyway. Treated minus holdout is the campaign's own effect.
//
// A window passes three ages:
//
//	open         it is not over yet: nothing of it is counted
//	provisional  over for 24 h: figures are shown, without difference, p-value or verdict
//	final        its return window is over too: it is tested, once
//
// A verdict is made in this order, and the first that applies ends it:
//
//	REFUSED      E01: the arms are not the planned sizes, so something sorted customers
//	REFUSED      E06: some were assigned by another share or salt than the design's
//	REFUSED      E08: the arms had bought differently before, by a chance below 1 in 1,000
//	REFUSED      E04: more than a fifth of the holdout was reached after all
//	REFUSED      E05: more than 1 in 200 ghosts has no decision on record
//	PROVISIONAL  E03: fewer than 95 of 100 enrollments are final; it says when they are
//	REFUSED      E02: fewer than 100 held out, or fewer than 10 buyers in an arm
//	PAYS         the whole interval lies above the break-even lift
//	LOSES        the whole interval lies below it
//	OPEN         either of them, where profit's whole interval lies on the other side of 0
//	OPEN         neither; it says what it needs and by when, and never "no effect"
//
// The break-even lift is what contact costs per enrollment, messages and redeemed
// codes of the point's own window, divided by what an order earns. Where it is not known, the verdict is against 0 and says so.
//
// Only the primary point has a PAYS, LOSES or OPEN: testing several would find
// something by chance. The others show their interval and verdict NONE.
//
// Orders, revenue and profit are sums over an enrollment's window, zeros included.
// One enrollment counts for no more than a cap that the shop's past gave before
// the design began, as a few large orders would otherwise decide; the interval is
// Hall's, which leans as far as the data do. Beside it stands the difference as it
// is. Where one order still makes more than a quarter of an arm's revenue, money is
// refused (E11).
//
// What one extra order cost and what the campaign returned are ratios of two
// differences that go together: Fieller's interval, which has no end where there
// may be no extra order. How many codes went to people who would have bought
// anyway is told in bounds. What crediting the last message counts stands beside
// the effect, never in its place.
//
// Who was moved is told from what was known at entry, by the difference of both
// groups; what was sold by who bought each category, of everyone enrolled. What
// those who bought again took after and beside each other only describes.
//
// Guardrails ask about harm and are one-sided: complaints and unsubscriptions of
// messages by the bound that they surely stay below, refunds per enrolled by
// whether they are surely not a tenth above the holdout's.
//
// Looks on the way are a family of their own, with bounds that are wide at first,
// and change no verdict. What a wave itself changed can be read only where a lot
// skips some of those whom it could reach.
//
// A replay over a shop's past treats nobody (A/A). Both arms are alike by
// construction, so a correct report includes 0 in 95 of 100 replays. It is always
// OPEN, and says that this is what it is for.
//
// No figure is ever NaN or infinite: what does not exist is nil and carries a
// code that says why. Figures are rounded to twelve significant digits, so that
// they are the same bytes on every machine.
package evaluation
