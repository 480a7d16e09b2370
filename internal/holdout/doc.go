// Package holdout decides who is kept uncontacted, so that the rest can be
// compared with them.
//
// The idea. Think of a die with 2^53 faces, thrown once for every customer in
// every experiment, whose result anybody can work out again at any time: the
// hash of a salt and the customer's id, read as a number u in [0,1). A customer
// is held out if u lies below the planned share. Nothing is drawn, nothing is
// coordinated: two machines, or this year's program and next year's, get the
// same arm from the same words, and an auditor with any SHA-256 can check it:
//
//	u = (first 8 bytes of SHA-256("rt1|" + layer + "|" + key), big-endian, >> 11) / 2^53
//
// The key is the shop's own customer id at first enrollment, as raw UTF-8
// bytes, never an internal number and never an address: those change.
//
// The layer is the salt, and says which question is being asked. Layers are
// independent: being held out of one campaign says nothing about the next, nor
// about the global holdout or about a single wave's skip. A layer names the
// campaign and its design number, not its content: a corrected typo keeps every
// customer in place, a changed share starts a new experiment with new salts.
// Where customers may enter a campaign again, each entry draws anew, because
// who comes back is itself an effect of having been written to, and a sticky
// holdout would compare the patient with the persuaded.
//
// What follows from it:
//
//   - a larger share keeps everyone who was held out and adds others, as u does
//     not depend on the share;
//   - the arm is nevertheless stored at enrollment (share, salt, u, arm), so that
//     merging two customer records later cannot move anyone;
//   - changing anything in this file breaks every experiment that ever ran. The
//     golden vectors in testdata exist to make that impossible to do unseen.
//
// The package is pure and imports nothing of ours.
package holdout
