"""Has the kernel read lines and take layers off them, where it could be compiled; what it leaves is read exactly."""
