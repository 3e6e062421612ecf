// Package cccsource reads Tencent's contact center: the lists of calls (DescribeTelCdr, through the official SDK)
// and the media files that they name.
//
// It promises that every attempt keeps to the process's pace, that what can pass is tried again and what cannot
// ends at once, that a window's pages are held against the API's own count, and that a file comes whole or with an
// error. It promises that nothing secret or personal stands in an error: no body, no link, no number.
//
// It does not know what a call means, which window is due, or what is in the bucket. It does not log and reads no
// environment: proxies, too, are left aside.
package cccsource
