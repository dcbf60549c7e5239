"""Has the kernel read lines as columns, where it could be compiled; what it leaves over is read exactly."""
