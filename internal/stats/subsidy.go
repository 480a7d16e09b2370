package stats

// Subsidy is how many of the enrolled redeemed a coupon for what they would have
// bought anyway, in bounds: no data of these two arms can say it closer, a third
// arm with the message and no coupon could.
type Subsidy struct {
	Lo, Hi float64 // shares of the enrolled

	// OfRedeemers are the same as shares of those who redeemed; the whole of [0,1]
	// where nobody did.
	OfRedeemersLo, OfRedeemersHi float64

	// Prevented is true where fewer bought than in the control: the campaign then
	// did prevent purchases, or chance did, and the bounds are those that hold even so.
	Prevented bool
}

// CouponSubsidy bounds it from the buyers of both arms and those of treat who
// redeemed, each a buyer (Manski 1997, Econometrica 65:1311, monotone response:
// nobody is kept from buying by the campaign). Chance in the three rates is not in
// the bounds. Not defined when an arm is empty; more redeemers than buyers panic.
func CouponSubsidy(treat, control Count, redeemed int64) (Subsidy, bool) {
	if redeemed < 0 || redeemed > treat.X {
		panic("stats: who redeems has bought")
	}
	if empty(treat, control) {
		return Subsidy{}, false
	}
	bought, _ := treat.Rate()
	natural, _ := control.Rate()
	share := float64(redeemed) / float64(treat.N)
	s := Subsidy{Lo: share - (bought - natural), Hi: min(share, natural), OfRedeemersHi: 1}
	if bought < natural {
		s.Prevented = true
		s.Lo = share + natural - 1
	}
	s.Lo = min(s.Hi, max(0, s.Lo)) // above Hi by rounding only
	if redeemed > 0 {
		s.OfRedeemersLo, s.OfRedeemersHi = s.Lo/share, min(1, s.Hi/share)
	}
	return s, true
}
