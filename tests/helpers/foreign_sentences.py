"""Sentences as people write them in reviews, in twenty languages other than English; written for these tests.

Of each language, the first line has five sentences of eight words or more, the second five of three to seven words.
"""

_LINES = {
    "French": (
        "Ce film était magnifique et je le recommande à tout le monde. | "
        "Nous avons attendu une heure avant de recevoir nos plats froids. | "
        "Je ne comprends pas pourquoi les critiques ont tant aimé cette histoire. | "
        "La chambre était propre, mais le bruit de la rue nous a réveillés. | "
        "Le téléphone est tombé en panne au bout de deux semaines seulement.",
        "Je suis très content. | Très bon rapport qualité prix | Quelle perte de temps ! | "
        "Service client vraiment nul | Mon fils adore ce jouet",
    ),
    "Spanish": (
        "La película me pareció aburrida y demasiado larga para lo que cuenta. | "
        "El hotel está muy bien situado, cerca de la playa y del centro. | "
        "Compré este libro para mi hermana y le gustó muchísimo. | "
        "No vuelvo nunca más a este restaurante, la comida estaba fría. | "
        "La batería dura todo el día y la pantalla es muy buena.",
        "No me gustó nada | Muy buena calidad | Me encanta este producto | Es una pérdida de dinero | "
        "Los actores son excelentes",
    ),
    "Portuguese": (
        "O filme é muito bonito e os atores são maravilhosos do começo ao fim. | "
        "Comprei o produto há um mês e ele já parou de funcionar. | "
        "O quarto era pequeno, sujo e não tinha água quente de manhã. | "
        "A comida chegou fria e o garçom não pediu desculpas. | "
        "Recomendo este livro a todos que gostam de uma boa história.",
        "Não gostei do filme | Muito bom, recomendo | Produto de péssima qualidade | Adorei cada minuto | "
        "A entrega demorou demais",
    ),
    "Italian": (
        "Il film è noioso e la storia non ha nessun senso. | "
        "La camera era pulita e il personale molto gentile con noi. | "
        "Ho comprato queste scarpe per mia figlia e le porta ogni giorno. | "
        "Il servizio è lento e i prezzi sono troppo alti per quello che offrono. | "
        "Non vedo l'ora di leggere il prossimo libro di questo autore.",
        "Non mi è piaciuto | Davvero un bel film | Ottimo prodotto, lo consiglio | Che delusione totale | "
        "La pizza era fredda",
    ),
    "German": (
        "Der Film war langweilig und die Schauspieler haben mich nicht überzeugt. | "
        "Das Zimmer war sauber und das Frühstück hat uns sehr gut geschmeckt. | "
        "Nach zwei Wochen ging das Gerät kaputt und niemand wollte mir helfen. | "
        "Ich habe das Buch an einem Abend gelesen, so spannend war es. | "
        "Wir mussten eine Stunde auf das Essen warten und es war kalt.",
        "Ich bin sehr zufrieden | Das war leider nichts | Die Qualität ist schlecht | Einfach nur super gut | "
        "Nie wieder in diesem Hotel",
    ),
    "Dutch": (
        "De film was erg saai en ik ben halverwege in slaap gevallen. | "
        "Het eten was heerlijk en de bediening was ook heel vriendelijk. | "
        "Na een week was de batterij al leeg en ging het scherm stuk. | "
        "We hebben genoten van ons verblijf in dit mooie hotel aan zee. | "
        "Ik heb dit boek voor mijn moeder gekocht en zij vond het prachtig.",
        "Heel erg mooi boek | Dit was echt slecht | Ik ben er blij mee | Wat een waardeloos ding | "
        "Goede kwaliteit en snel geleverd",
    ),
    "Swedish": (
        "Filmen var tråkig och jag förstod aldrig vad den handlade om. | "
        "Maten var god men vi fick vänta alldeles för länge på den. | "
        "Jag köpte hörlurarna för en månad sedan och de har redan gått sönder. | "
        "Rummet var rent och personalen hjälpte oss med allt vi behövde. | "
        "Det här är den bästa boken som jag har läst i år.",
        "Jag är mycket nöjd | Väldigt dålig kvalitet | Köp inte den här | Min dotter älskar den | "
        "Riktigt bra film tycker jag",
    ),
    "Danish": (
        "Filmen var kedelig, og jeg faldt i søvn efter en halv time. | "
        "Maden smagte godt, men vi ventede alt for længe på den. | "
        "Jeg købte den til min søn, og han bruger den hver dag. | "
        "Værelset var beskidt, og ingen i receptionen ville hjælpe os. | "
        "Det er den bedste bog, jeg har læst i mange år.",
        "Jeg er meget tilfreds | Det var spild af penge | Rigtig god kvalitet til prisen | Køb den ikke | "
        "Vi kommer gerne igen",
    ),
    "Norwegian": (
        "Filmen var kjedelig, og jeg sovnet før den var ferdig. | "
        "Maten var god, men vi måtte vente altfor lenge på den. | "
        "Jeg kjøpte den til sønnen min, og han bruker den hver dag. | "
        "Rommet var skittent, og ingen i resepsjonen ville hjelpe oss. | "
        "Dette er den beste boka jeg har lest på mange år.",
        "Jeg er veldig fornøyd | Dette var bortkastede penger | Veldig bra kvalitet til prisen | Ikke kjøp denne | "
        "Vi kommer gjerne tilbake",
    ),
    "Finnish": (
        "Elokuva oli tylsä ja nukahdin ennen kuin se oli ohi. | "
        "Ruoka oli hyvää, mutta jouduimme odottamaan sitä aivan liian kauan. | "
        "Ostin kuulokkeet viime kuussa ja ne ovat jo menneet rikki. | "
        "Huone oli siisti ja henkilökunta auttoi meitä aina kun tarvitsimme apua. | "
        "Tämä on paras kirja, jonka olen lukenut moneen vuoteen.",
        "Olen todella tyytyväinen | Tämä oli pettymys | Älä osta tätä tuotetta | Erittäin hyvä laatu hintaan nähden | "
        "Näyttelijät olivat loistavia",
    ),
    "Polish": (
        "Film był nudny i zasnąłem, zanim się w ogóle skończył. | "
        "Jedzenie było pyszne, ale czekaliśmy na nie zdecydowanie za długo. | "
        "Kupiłem te słuchawki miesiąc temu i już nie działają. | "
        "Pokój był czysty, a obsługa bardzo miła i zawsze pomocna. | "
        "To najlepsza książka, jaką przeczytałam od wielu lat, naprawdę polecam.",
        "Jestem bardzo zadowolony | Szkoda na to pieniędzy | Nie polecam tego hotelu | Bardzo dobra jakość | "
        "Aktorzy grają znakomicie",
    ),
    "Czech": (
        "Film byl nudný a já jsem usnul dřív, než skončil. | "
        "Jídlo bylo výborné, ale čekali jsme na něj příliš dlouho. | "
        "Koupil jsem ta sluchátka před měsícem a už nefungují. | "
        "Pokoj byl čistý a personál byl k nám velmi milý. | "
        "Tohle je nejlepší kniha, jakou jsem za poslední roky četl.",
        "Jsem velmi spokojený | Škoda vyhozených peněz | Nekupujte to, prosím | Opravdu dobrá kvalita | "
        "Herci byli úplně skvělí",
    ),
    "Hungarian": (
        "A film unalmas volt, és elaludtam, mielőtt véget ért volna. | "
        "Az étel finom volt, de túl sokáig kellett várnunk rá. | "
        "Egy hónapja vettem a fülhallgatót, és már nem is működik. | "
        "A szoba tiszta volt, a személyzet pedig nagyon kedves és segítőkész. | "
        "Ez a legjobb könyv, amit az elmúlt években olvastam.",
        "Nagyon elégedett vagyok | Kár volt érte a pénz | Ne vegye meg senki | Nagyon jó a minősége | "
        "A színészek remekül játszottak",
    ),
    "Romanian": (
        "Filmul a fost plictisitor și am adormit înainte să se termine. | "
        "Mâncarea a fost gustoasă, dar am așteptat mult prea mult. | "
        "Am cumpărat aceste căști acum o lună și deja nu mai merg. | "
        "Camera era curată, iar personalul a fost foarte amabil cu noi. | "
        "Este cea mai bună carte pe care am citit-o în ultimii ani.",
        "Sunt foarte mulțumit | Nu merită toți banii | Nu recomand acest hotel | O calitate foarte bună | "
        "Actorii joacă extraordinar de bine",
    ),
    "Turkish": (
        "Film çok sıkıcıydı ve bitmeden önce uyuyakaldım, hiç tavsiye etmem. | "
        "Yemekler çok lezzetliydi ama siparişimizi almak için çok uzun süre bekledik. | "
        "Bu kulaklığı bir ay önce aldım ve şimdiden bozuldu bile. | "
        "Oda temizdi ve çalışanlar bize her konuda yardımcı oldu. | "
        "Bu kitap son yıllarda okuduğum en güzel kitaplardan biri oldu.",
        "Çok memnun kaldım | Paranıza yazık olur | Bu ürünü sakın almayın | Kalitesi gerçekten çok iyi | "
        "Oyuncular harika bir iş çıkarmış",
    ),
    "Indonesian": (
        "Film ini sangat membosankan dan saya tertidur sebelum selesai. | "
        "Makanannya enak, tetapi kami harus menunggu terlalu lama di sana. | "
        "Saya membeli produk ini bulan lalu dan sekarang sudah rusak. | "
        "Kamarnya bersih dan semua pegawai sangat ramah kepada kami. | "
        "Ini adalah buku terbaik yang pernah saya baca tahun ini.",
        "Saya sangat puas sekali | Jangan beli barang ini | Kualitasnya bagus dan murah | Pelayanannya sangat buruk | "
        "Anak saya suka sekali",
    ),
    "Vietnamese": (
        "Bộ phim này rất chán và tôi đã ngủ quên trước khi hết. | "
        "Đồ ăn ngon nhưng chúng tôi phải chờ đợi quá lâu. | "
        "Tôi mua tai nghe này tháng trước và bây giờ nó đã hỏng. | "
        "Phòng sạch sẽ và nhân viên rất thân thiện với chúng tôi. | "
        "Đây là cuốn sách hay nhất mà tôi đã đọc trong năm nay.",
        "Tôi rất hài lòng | Đừng mua sản phẩm này | Chất lượng rất tốt | Phục vụ quá chậm | Diễn viên đóng rất hay",
    ),
    "Filipino": (
        "Ang pelikula ay nakakabagot at nakatulog ako bago pa ito matapos. | "
        "Masarap ang pagkain pero masyadong matagal ang aming paghihintay dito. | "
        "Binili ko ito noong isang buwan at ngayon ay sira na. | "
        "Malinis ang kuwarto at mababait ang lahat ng mga tauhan. | "
        "Ito ang pinakamagandang aklat na nabasa ko sa mga nagdaang taon.",
        "Talagang masaya ako dito | Huwag ninyong bilhin ito | Maganda ang kalidad nito | Sayang ang pera ko | "
        "Ang galing ng mga artista",
    ),
    "Croatian": (
        "Film je bio dosadan i zaspao sam prije nego što je završio. | "
        "Hrana je bila ukusna, ali smo predugo čekali da stigne. | "
        "Kupio sam ove slušalice prije mjesec dana i već ne rade. | "
        "Soba je bila čista, a osoblje vrlo ljubazno prema nama. | "
        "Ovo je najbolja knjiga koju sam pročitao zadnjih nekoliko godina.",
        "Vrlo sam zadovoljan | Nemojte ovo kupovati | Kvaliteta je jako dobra | Šteta novca i vremena | "
        "Glumci su bili odlični",
    ),
    "Russian": (
        "Фильм оказался скучным, и я заснул задолго до его конца. | "
        "Еда была вкусной, но нам пришлось слишком долго её ждать. | "
        "Я купил эти наушники месяц назад, и они уже сломались. | "
        "Номер был чистый, а персонал очень приветливый и всегда помогал. | "
        "Это лучшая книга из всех, что я прочитала за последние годы.",
        "Я очень доволен | Не покупайте этот товар | Качество просто отличное | Зря потратили деньги | "
        "Актёры играют великолепно",
    ),
}

LONG = {language: tuple(lines[0].split(" | ")) for language, lines in _LINES.items()}
SHORT = {language: tuple(lines[1].split(" | ")) for language, lines in _LINES.items()}
