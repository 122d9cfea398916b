# Turns every line of a text into a line of a C string.
s/\\/\\\\/g
s/"/\\"/g
s/.*/"&\\n"/
