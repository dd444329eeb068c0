// Package postgresql proves on a real PostgreSQL what the program of postgres_config comes
// to. The plugin is stood in for by what it does in SQL; the server, its master user and
// everybody's connections are real. It is a module of its own, so that ptd links no driver.
package postgresql
