/**
 * Passwords of eight characters and more, not all digits, that guessers try first; in lower case. Short and numeric
 * ones are refused by their own rules. Deliberately short: guessing is throttled.
 */
export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(
  `
  1234qwer 123456789a 123456a7 12345qwert 12qwaszx 1a2b3c4d 1q2w3e4r 1q2w3e4r5t 1qaz2wsx 1qaz2wsx3edc 1qazxsw2 a1b2c3d4
  a1234567 a12345678 a123456789 aa123456 aa12345678 abc12345 abc123456 abcd1234 abcdefgh abcdefg1 access14 admin123
  admin1234 admin12345 administrator alexander asdf1234 asdfasdf asdfghjk asdfghjkl azerty123 azertyuiop babygirl
  bailey12 baseball basketball batman123 benjamin blink182 butterfly c0mputer caroline changeit changeme changeme1
  changeme123 charlie1 charlotte chocolate christian christine computer computer1 corvette dallas123 danielle database
  default1 diamond1 dragon12 dragon123 elephant elizabeth everything facebook fireball firebird football football1
  franklin garfield gateway1 golfball greatest happy123 hardcore hello123 hellohello heythere holiday1 hunter123
  iloveyou iloveyou1 iloveyou2 infinity internet isabella jennifer jessica1 jonathan jordan23 kawasaki killer123
  kristina letmein1 letmein123 liverpool liverpool1 lovelove loveyou1 marlboro maverick mercedes metallica
  michael1 michelle midnight monkey12 monkey123 mustang1 mypassword mypassword1 nicholas nintendo p4ssword p4ssw0rd
  p@55word p@ssw0rd p@ssw0rd1 p@ssword pa55word pa55w0rd passpass passw0rd passw0rd1 password password! password0
  password01 password1 password1! password11 password12 password123 password1234 password12345 password2 password3
  patricia peterpan platinum pokemon1 porsche1 princess princess1 q1w2e3r4 q1w2e3r4t5 qawsedrf qazwsxedc qqww1122
  qwer1234 qwerasdf qwerqwer qwerty12 qwerty123 qwerty1234 qwerty12345 qwertyui qwertyuiop racetrack racetrack1
  racetrack123 remember rootroot samantha sebastian secret12 secret123 security shadow12 shadow123 slipknot snowball
  spiderman starwars starwars1 steelers stephanie stratus1 summer123 sunflower sunshine sunshine1 superman superman1
  superuser swordfish temp1234 temppass test1234 test12345 testtest testing1 testing123 thomas123 thunder1 tinkerbell
  trustno1 undertaker user1234 valentina veronica victoria volleyball warcraft welcome1 welcome12 welcome123 whatever
  whatever1 william1 winter123 yankees1 zaq12wsx zaq1xsw2 zxcvbnm1 zxcvbnm123 zxcvbnml
  `
    .trim()
    .split(/\s+/),
);
