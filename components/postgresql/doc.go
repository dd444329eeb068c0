// Package postgresql holds the ComponentResources that live inside a PostgreSQL
// server. They work through the provider that they are given as an option, on any
// cloud.
package postgresql
