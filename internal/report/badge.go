package report

// Badge is the verdict of the primary point in a word or two, as every rendering
// says it; empty without a primary point.
func (r Report) Badge() string {
	p, ok := r.Primary()
	if !ok {
		return ""
	}
	return view{r.prepared()}.badge(p)
}
