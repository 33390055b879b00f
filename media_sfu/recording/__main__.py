"""Makes a film, or sends one."""

from media_sfu.recording.film import main

if __name__ == "__main__":
    main()
