package simulation

import (
	"slices"
	"time"
)

// live draws what people do: customers and whoever imports, and the operator.
func (w *World) live() {
	orders := w.drawOrders()
	w.importer("import", orders, 0)
	if w.faults&Again != 0 {
		w.importer("second import", orders[w.rand.IntN(len(orders)):], time.Duration(w.rand.IntN(7200))*time.Second)
	}
	if w.faults&People != 0 {
		for i := range w.rand.IntN(10) {
			w.deed("deed "+itoa(int64(i+1)), orders[w.rand.IntN(len(orders))].customer, int64(1000+i))
		}
	}
	if w.faults&Steer != 0 {
		for i := range 1 + w.rand.IntN(3) {
			w.operator("operator " + itoa(int64(i+1)))
		}
	}
	w.moves()
	w.feeds()
}

// imported is a line of a file.
type imported struct {
	customer int64
	order    order
	told     time.Time // when the shop learns of it
}

// drawOrders has everybody order once, or more often, many at the same moments.
func (w *World) drawOrders() []imported {
	r, id := w.rand, int64(0)
	var all []imported
	for _, p := range w.memory.people.rows {
		for range 1 + min(r.IntN(3), r.IntN(3)) {
			id++
			placed := w.start.Add(time.Duration(r.IntN(4)) * 30 * time.Second)
			if r.IntN(8) == 0 {
				placed = placed.Add(time.Duration(r.IntN(48)) * time.Hour)
			}
			o := imported{customer: p.was.id, order: order{id: id, placed: placed, minor: 1000, currency: "EUR"}, told: placed}
			if w.faults&Feed != 0 && r.IntN(3) == 0 {
				o.told = placed.Add(time.Duration(r.IntN(4*3600)) * time.Second)
			}
			all = append(all, o)
		}
	}
	slices.SortStableFunc(all, func(a, b imported) int { return a.told.Compare(b.told) })
	return all
}

// importer imports orders one by one. If it dies, or the database fails it, it
// begins from the front.
func (w *World) importer(name string, orders []imported, wait time.Duration) {
	w.enter(name, func(a *actor) {
		a.life++
		w.spawn(a.name, a, func() {
			me := w.scheduler.running
			me.sleep(wait)
			for _, o := range orders {
				if o.told.After(w.clock) {
					me.sleep(o.told.Sub(w.clock))
				}
				w.insist(func() error { return w.memory.placeOrder(background, o.customer, o.order) })
			}
		})
	})
}

// moment is an instant at which it may hurt: about when something falls due.
func (w *World) moment() time.Duration {
	r := w.rand
	def := w.running[r.IntN(len(w.running))].stored.Definition
	at := time.Duration(0)
	for _, wave := range def.Waves[:1+r.IntN(len(def.Waves))] {
		at += wave.After.Wait
	}
	return at + time.Duration(r.IntN(4))*30*time.Second + time.Duration(r.IntN(600)-50)*10*time.Millisecond
}

// deed is something that a customer does, or that happens to one, at a moment.
func (w *World) deed(name string, customer, id int64) {
	r, at := w.rand, w.moment()
	kind, channel, other := r.IntN(8), []string{"email", "sms"}[r.IntN(2)], 1+int64(r.IntN(len(w.memory.people.rows)))
	m, after := w.memory, 0
	if r.IntN(2) == 0 {
		after = 20 + r.IntN(500) // in the middle of whatever goes on at that step
	}
	th := w.spawn(name, nil, nil)
	th.job = func() {
		if after > 0 {
			th.await(func() bool { return w.steps >= after })
		} else {
			th.sleep(max(at, 0))
		}
		switch kind {
		case 0, 1:
			w.insist(func() error { return w.optOut(customer, channel) })
		case 2:
			w.insist(func() error {
				return m.placeOrder(background, customer, order{id: id, placed: w.clock, minor: 500, currency: "EUR"})
			})
		case 3:
			w.insist(func() error { return m.complain(background, customer, "complaint_open", true) })
			th.sleep(time.Duration(id) * 10 * time.Second)
			w.insist(func() error { return m.complain(background, customer, "complaint_open", false) })
		case 4:
			w.insist(func() error { return m.suppress(background, customer, channel) })
		case 5:
			w.insist(func() error { return m.erase(background, customer) })
		case 6:
			w.insist(func() error { return m.merge(background, customer, other) })
		case 7:
			w.insist(func() error { return m.say(background, customer, word{channel, "service", false, w.clock}) })
		}
	}
}

// optOut is by the link of a message, where the customer has had one.
func (w *World) optOut(customer int64, channel string) error {
	for _, r := range w.memory.deliveries.rows {
		if d := r.see(nil); d != nil && d.customer == customer && d.channel == channel {
			return w.others.Unsubscribe(background, d.id)
		}
	}
	return w.memory.say(background, customer, word{channel, "marketing", false, w.clock})
}

// operator gives a campaign another priority, or other texts; or pauses and resumes, or cancels, a campaign; or puts everything, or a
// channel, on hold and releases it.
func (w *World) operator(name string) {
	r, at := w.rand, w.moment()
	id := w.running[r.IntN(len(w.running))].stored.ID
	cancel, lasts := r.IntN(4) == 0, time.Duration(r.IntN(3))*time.Hour*time.Duration(r.IntN(2))+time.Duration(r.IntN(40))*time.Second
	hold, on := r.IntN(3) == 0, []string{"", "email", "sms"}[r.IntN(3)]
	raise, edit, priority := r.IntN(5) == 0, r.IntN(5) == 0, r.IntN(101)
	th := w.spawn(name, nil, nil)
	th.job = func() {
		th.sleep(max(at, 0))
		switch {
		case raise:
			w.insist(func() error { return w.memory.apply(background, id, func(c *campaign) { c.priority = priority }) })
			return
		case edit:
			w.insist(func() error {
				return w.memory.apply(background, id, func(c *campaign) { c.version = w.catalogue[id-1].edited.VersionID })
			})
			return
		}
		if hold {
			w.insist(func() error { return w.memory.putOnHold(background, on) })
			th.sleep(lasts)
			w.insist(func() error { return w.memory.release(background, on) })
			return
		}
		if cancel {
			w.insist(func() error { return w.memory.setStatus(background, id, "cancelled") })
			return
		}
		w.insist(func() error { return w.memory.setStatus(background, id, "paused") })
		th.sleep(lasts)
		w.insist(func() error { return w.memory.setStatus(background, id, "running") })
	}
}

// feeds moves the watermark of orders on from time to time, for as long as
// anybody may ask.
func (w *World) feeds() {
	if w.others.Shop.MaxAge == nil {
		return
	}
	th := w.spawn("feed", nil, nil)
	th.job = func() {
		for {
			th.attend(&w.outlook.anyDue)
			_ = w.memory.moveFeed(background, w.clock) // the next one moves it further
			th.sleep(time.Duration(20+w.rand.IntN(60)) * time.Minute)
		}
	}
}
