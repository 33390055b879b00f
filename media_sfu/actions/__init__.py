"""What signaling may ask, done: state changed, wires driven, news told."""
