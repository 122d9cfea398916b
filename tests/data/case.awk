# Writes a small case: IMAGE and MASK, NRRD with ascii voxels. Same seed, same bytes, in any awk.
# usage: awk -v seed=3 -v n=12 -v image=I.nrrd -v mask=M.nrrd [-v shift=MM] [-v empty=1] -f case.awk
function draw() { state = (state * 16807) % 2147483647; return state / 2147483647 }
function head(file, type, x) {
  print "NRRD0004\ntype: " type "\ndimension: 3\nspace: left-posterior-superior\nsizes: " n " " n " " n >file
  print "space directions: (1,0,0) (0,1,0) (0,0,2)\nencoding: ascii\nspace origin: (" x ",-20,30)\n" >file
}
BEGIN {
  state = 1000 + seed * 7919
  head(image, "int16", 10); head(mask, "uint8", 10 + shift)
  for (z = 0; z < n; z++) for (y = 0; y < n; y++) for (x = 0; x < n; x++) {
    r = ((x - n / 2) ^ 2 + (y - n / 2) ^ 2 + (z - n / 2) ^ 2) / (n * n / 9)
    print int(60 * draw() + 90 * exp(-r)) >image
    print (empty ? 0 : r < 0.6 + 0.6 * draw() ? 1 : 0) >mask
  }
}
