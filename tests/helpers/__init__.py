"""What several tests share: tiny trained runs, fake runs, and a service in a process of its own."""
