"""For a container's health check: exit code 0 if the address answers 200, else 1; prints the answer."""

import sys
import urllib.error
import urllib.request

SECONDS = 4


def main(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=SECONDS) as answer:
            sys.stdout.write(answer.read(500).decode())
            return 0
    except urllib.error.HTTPError as error:
        with error:
            sys.stdout.write(error.read(500).decode())
    except OSError as error:
        sys.stdout.write(str(error))
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
