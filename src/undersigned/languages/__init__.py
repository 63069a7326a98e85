"""The languages in which pages speak: messages from gettext catalogues, numbers and dates as each language writes them.

The source text is English and stands in the code; `locale/<language>/LC_MESSAGES/undersigned.po` holds the others.
"""
