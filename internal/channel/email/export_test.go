package email

import "time"

// AwaitWaiting returns when somebody waits for a connection.
func (c *Channel) AwaitWaiting() {
	for {
		c.pool.mu.Lock()
		n := len(c.pool.waiting)
		c.pool.mu.Unlock()
		if n > 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
}
