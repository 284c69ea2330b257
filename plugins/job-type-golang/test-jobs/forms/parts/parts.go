// Package parts is a package of the job beside its root.
package parts

// Greeting is used by the root package.
const Greeting = "hello"
