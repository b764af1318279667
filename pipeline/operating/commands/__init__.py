"""The commands of ``nhip``, one module each: ``add`` declares the arguments, ``run`` does the work and shows it."""
